/// A part of this process's address space, as `/proc/self/smaps` tells of it (proc_pid_smaps(5)).
struct MemoryMapping: Hashable {
    let range: Range<UInt>
    let isWritable: Bool
    let isShared: Bool
    /// Of the file; empty or in brackets where there is none.
    let path: String
    /// What is not its file's any more, in kB: pages that were written to, in memory or swapped out. `nil` where smaps says
    /// nothing of it.
    var own: Int?

    /// Whether its pages can be let go of at any time and be read from the file again.
    ///
    /// Being read-only does not suffice: what the dynamic linker relocated is (RELRO), and a debugger's breakpoints stand in
    /// code.
    func isCopy(of file: String) -> Bool { path == file && !isWritable && !isShared && own == 0 }
}

extension MemoryMapping {
    /// - Parameter text: All of smaps. What of it is not understood is left out, with the mapping that it tells of.
    static func mappings(in text: String) -> [MemoryMapping] {
        var mappings: [MemoryMapping] = []
        var current: MemoryMapping?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard let first = words.first else { continue }
            if first.last != ":" {
                if let current { mappings.append(current) }
                current = MemoryMapping(header: words)
            } else if first == "Anonymous:" {
                current?.own = amount(words)
            } else if first == "Swap:", let former = current?.own {
                current?.own = amount(words).map { former + $0 }
            }
        }
        if let current { mappings.append(current) }
        return mappings
    }

    private static func amount(_ words: [Substring]) -> Int? {
        words.count == 3 && words[2] == "kB" ? Int(words[1]) : nil
    }

    /// `5580c9a2c000-5580c9f13000 r-xp 0001c000 fe:00 1234    /usr/bin/margay`
    private init?(header words: [Substring]) {
        guard words.count >= 5 else { return nil }
        let ends = words[0].split(separator: "-")
        guard ends.count == 2, let start = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16), start < end,
            words[1].utf8.count == 4
        else { return nil }
        range = start..<end
        isWritable = words[1].contains("w")
        isShared = words[1].contains("s")
        path = words.count > 5 ? String(words[5].drop { $0 == " " }) : ""
    }
}
