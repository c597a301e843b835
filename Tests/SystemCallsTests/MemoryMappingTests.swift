import Testing

@testable import SystemCalls

@Suite struct MemoryMappingTests {
    private let program = "/usr/bin/margay"

    /// One mapping as the kernel tells of it, with the lines that count.
    private func mapping(
        _ permissions: String = "r-xp", file: String = "/usr/bin/margay", anonymous: String? = "0", swap: String? = "0"
    ) -> String {
        """
        5580c9a2c000-5580c9f13000 \(permissions) 0001c000 fe:00 1234                       \(file)
        Size:               5020 kB
        Rss:                4096 kB
        Private_Dirty:        64 kB
        \(anonymous.map { "Anonymous:             \($0) kB" } ?? "")
        AnonHugePages:         0 kB
        \(swap.map { "Swap:                  \($0) kB" } ?? "")
        SwapPss:               0 kB
        VmFlags: rd ex mr mw me sd

        """
    }

    private func isCopy(_ text: String) -> Bool {
        MemoryMapping.mappings(in: text).contains { $0.isCopy(of: program) }
    }

    @Test func letsGoOfCodeAndConstants() {
        #expect(isCopy(mapping()))
        #expect(isCopy(mapping("r--p")))
        #expect(MemoryMapping.mappings(in: mapping()).first?.range == 0x5580_c9a2_c000..<0x5580_c9f1_3000)
    }

    @Test(arguments: ["rw-p", "rwxp", "r--s"])
    func keepsWhatIsWrittenOrShared(permissions: String) { #expect(!isCopy(mapping(permissions))) }

    @Test func keepsWhatIsNoMoreAsInTheFile() {
        #expect(!isCopy(mapping("r--p", anonymous: "4")))
        #expect(!isCopy(mapping("r--p", swap: "4")))
        #expect(!isCopy(mapping(anonymous: nil)))
        #expect(!isCopy(mapping(anonymous: "many")))
        #expect(!isCopy(mapping(swap: "many")))
    }

    @Test(arguments: ["", "[heap]", "[vdso]", "/usr/lib/libc.so.6", "/usr/bin/margay (deleted)", "/usr/bin/margay2"])
    func keepsWhatIsNotTheProgram(file: String) { #expect(!isCopy(mapping(file: file))) }

    @Test func readsAPathWithBlanks() {
        let path = "/usr/lib/my  agent/margay (deleted)"
        #expect(MemoryMapping.mappings(in: mapping(file: path)).first?.path == path)
    }

    /// What cannot be read of one mapping must not be taken for the one before it.
    @Test func tellsMappingsApart() {
        let text =
            mapping(anonymous: "8") + "odd header\n"
            + mapping().split(separator: "\n").dropFirst().joined(separator: "\n")
            + "\n" + mapping("r--p")
        let mappings = MemoryMapping.mappings(in: text)
        #expect(mappings.map(\.own) == [8, 0])
    }

    /// As this kernel writes it.
    @Test func findsTheProgramThatRuns() {
        let copies = ProcessMemory.programCopies()
        #expect(!copies.isEmpty)
        #expect(copies.allSatisfy { !$0.isWritable && $0.own == 0 && $0.path.hasPrefix("/") })
        ProcessMemory.returnProgram()
        #expect(ProcessMemory.programCopies().map(\.range) == copies.map(\.range))
    }
}
