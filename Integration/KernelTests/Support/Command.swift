import Glibc

struct CommandResult: Hashable, Sendable, CustomStringConvertible {
    /// The exit status; 128 and the signal's number for a command that a signal ended.
    let exitCode: Int32
    let output: String
    let errors: String

    var description: String { "exit \(exitCode)\n\(output)\(errors)" }
}

/// A program to be run with its output captured: external tools that tests compare with.
struct Command: Sendable {
    let arguments: [String]

    init(_ arguments: [String]) {
        self.arguments = arguments
    }

    var text: String { arguments.joined(separator: " ") }

    /// Starts the program without waiting; it is killed when the returned value goes before its end.
    func start() throws -> RunningCommand {
        let output = try CapturedStream()
        let errors = try CapturedStream()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)
        // Threads of a dispatch pool block signals, and a program started there would never see SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        var allSignals = sigset_t()
        sigfillset(&allSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setsigdefault(&attributes, &allSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let argv = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var process = pid_t()
        let status = posix_spawnp(&process, arguments[0], &actions, &attributes, argv, environ)
        guard status == 0 else { throw TestKitError("cannot run \(text): errno \(status)") }
        output.closeWriting()
        errors.closeWriting()
        return RunningCommand(text: text, process: process, output: output, errors: errors)
    }

    /// Runs the program to its end.
    @discardableResult
    func run(limit: Duration = .seconds(20)) throws -> CommandResult {
        try start().wait(limit: limit)
    }

    /// Runs the program to its end; another exit status than 0 is an error.
    /// - Returns: What it wrote to its standard output.
    @discardableResult
    func succeed(limit: Duration = .seconds(20)) throws -> String {
        let result = try run(limit: limit)
        guard result.exitCode == 0 else { throw TestKitError("\(text): \(result)") }
        return result.output
    }
}

/// A program under way.
final class RunningCommand {
    let text: String
    let process: pid_t
    private let output: CapturedStream
    private let errors: CapturedStream
    private var exitCode: Int32?

    fileprivate init(text: String, process: pid_t, output: CapturedStream, errors: CapturedStream) {
        self.text = text
        self.process = process
        self.output = output
        self.errors = errors
    }

    deinit {
        guard exitCode == nil else { return }
        kill(process, SIGKILL)
        reap()
    }

    /// Sends a signal to the program itself.
    func signal(_ number: Int32) {
        if exitCode == nil { kill(process, number) }
    }

    /// Waits until the program has ended; past the limit it is killed, which is an error.
    func wait(limit: Duration = .seconds(20)) throws -> CommandResult {
        let deadline = ContinuousClock.now + limit
        while !output.isAtEnd || !errors.isAtEnd {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw giveUp(limit) }
            try wait(for: left)
        }
        reap()
        return CommandResult(exitCode: exitCode ?? -1, output: output.text, errors: errors.text)
    }

    /// Waits until the standard output contains `text`, for programs that say when they are ready.
    func waitForOutput(_ text: String, limit: Duration = .seconds(10)) throws {
        let deadline = ContinuousClock.now + limit
        while !output.text.contains(text) {
            let left = deadline - ContinuousClock.now
            guard left > .zero, !output.isAtEnd else { throw giveUp(limit) }
            try wait(for: left)
        }
    }

    private func wait(for time: Duration) throws {
        let streams = [output, errors].filter { !$0.isAtEnd }
        var polled = streams.map { pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0) }
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds + 1))
        for (stream, state) in zip(streams, polled) where state.revents != 0 {
            stream.read()
        }
    }

    private func giveUp(_ limit: Duration) -> TestKitError {
        kill(process, SIGKILL)
        reap()
        return TestKitError("\(text): not as expected within \(limit)\n\(output.text)\(errors.text)")
    }

    private func reap() {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        exitCode = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}

/// What a program writes. A socket pair, because it can be closed on exec from birth; a pipe that another test's
/// program inherits would never end.
private final class CapturedStream {
    let reading: Int32
    private(set) var writing: Int32
    private(set) var isAtEnd = false
    private var bytes: [UInt8] = []

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestKitError("socketpair: errno \(errno)")
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        closeWriting()
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    func read() {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(reading, &chunk, chunk.count)
        if count > 0 {
            bytes += chunk[..<count]
        } else if count == 0 || errno != EINTR {
            isAtEnd = true
        }
    }
}
