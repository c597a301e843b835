import CPeers
import Glibc

/// Another program, run to its end where this thread is.
struct Program {
    struct Outcome {
        var output: String
        /// User and system time, in seconds.
        var processor: Double
        var wall: Double
        /// The largest resident set that it had, in MiB, but no less than this process had when it was started: the kernel hands
        /// that on (`exec_mmap`). ``peakMemory(input:)`` does without.
        fileprivate var residentSet: Double
    }

    let arguments: [String]

    init(_ arguments: String...) {
        self.arguments = arguments
    }

    init(_ arguments: [String]) {
        self.arguments = arguments
    }

    /// - Throws: ``HarnessError`` when it cannot be started or exits with another status than 0.
    @discardableResult
    func run(input: String = "") throws -> Outcome {
        let file = try scratch(input)
        defer { close(file) }
        return try run(descriptor: file)
    }

    private func run(descriptor: Int32) throws -> Outcome {
        let files = (descriptor, try scratch(""), try scratch(""))
        defer { for file in [files.1, files.2] { close(file) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (file, number) in [(files.0, 0), (files.1, 1), (files.2, 2)] {
            posix_spawn_file_actions_adddup2(&actions, file, Int32(number))
        }
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        var usage = rusage()
        var status: Int32 = 0
        var outcome = Outcome(output: "", processor: 0, wall: 0, residentSet: 0)
        outcome.wall = try Cost.of {
            let error = posix_spawnp(&process, arguments[0], &actions, nil, words, environ)
            guard error == 0 else { throw HarnessError("start \(arguments[0]): \(String(cString: strerror(error)))") }
            guard wait4(process, &status, 0, &usage) == process else { throw HarnessError.system("wait") }
        }.wall
        outcome.processor = usage.ru_utime.seconds + usage.ru_stime.seconds
        outcome.residentSet = Double(usage.ru_maxrss) / 1024
        outcome.output = contents(files.1)
        guard status == 0 else {
            throw HarnessError("\(arguments.prefix(6).joined(separator: " ")): \(contents(files.2).prefix(600))")
        }
        return outcome
    }

    /// The largest resident set that it had, in MiB: seen by a process so small that the number is the program's own.
    func peakMemory(input: String = "") throws -> Double {
        let text = try Program(["/proc/self/exe", "peak-memory", "--"] + arguments).run(input: input).output
        guard let peak = text.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw HarnessError("no peak of \(arguments.prefix(3)) in \(text.suffix(100))")
        }
        return peak
    }

    /// The same with this process's input, seen by this process.
    func residentSet() throws -> Double { try run(descriptor: 0).residentSet }

    /// A file without a name.
    private func scratch(_ text: String) throws -> Int32 {
        let file = cpeers_memory_file()
        guard file >= 0 else { throw HarnessError.system("make a file in memory") }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard written > 0 else { throw HarnessError.system("write a file in memory") }
            bytes = bytes.dropFirst(written)
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private func contents(_ file: Int32) -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        lseek(file, 0, SEEK_SET)
        while true {
            let count = read(file, &part, part.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
