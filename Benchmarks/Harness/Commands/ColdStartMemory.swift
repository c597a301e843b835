import ArgumentParser
import Dataplane
import Glibc
import SystemCalls

/// A cold start in a process that does nothing else and keeps its memory as the agent does, for its peak of memory. Prints that in MiB.
struct ColdStartMemory: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cold-start-memory", shouldDisplay: false)

    @Argument var count: Int
    @Argument var layout: String

    func run() throws {
        guard let layout = DataplaneOptions.ChainLayout(rawValue: layout) else {
            throw ValidationError("no layout \(layout)")
        }
        ProcessMemory.keepTogether()
        var model = try World.model(World.resources(World.judges), interfaces: count, layout)
        for number in 1...count {
            for resource in try World.resources(World.endpoint(number)) { model.put(resource) }
        }
        try inNamespace { _ = try RuledHost(model).apply() }
        // The memory's own high-water mark: what rusage says began with that of whoever started this.
        guard let file = fopen("/proc/self/status", "r") else {
            throw HarnessError.system("read this process's status")
        }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            if words.first == "VmHWM:", let kibibytes = Double(words[1]) { return print(kibibytes / 1024) }
        }
        throw HarnessError("the kernel does not say how much memory this took")
    }
}

/// Runs a program with this one's input and prints the largest resident set that it had, in MiB.
struct PeakMemory: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "peak-memory", shouldDisplay: false)

    @Argument(parsing: .postTerminator) var program: [String]

    func run() throws { print(try Program(program).residentSet()) }
}
