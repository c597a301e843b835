import Glibc
import Status

/// The agent at work in the namespace of an installation; killed when the last reference goes.
final class RunningAgent {
    let installation: Installation
    private let process: RunningCommand
    private let logFile: String

    /// Starts it without waiting for anything.
    /// - Parameter preparation: Shell text that runs before it, in a mount namespace that is the agent's alone.
    init(
        _ installation: Installation, _ arguments: [String], _ environment: [String: String], preparation: String = ":",
        program: String = Installation.program
    ) throws {
        self.installation = installation
        logFile = "\(installation.folder)/agent-\(String(UInt32.random(in: 0 ... .max), radix: 16)).log"
        // A file never fills up, as the captured stream would that nobody reads meanwhile.
        process = try installation.command(
            ["agent"] + arguments, environment: environment,
            through: ["sh", "-ec", "\(preparation)\nexec \"$@\" 2>>\(logFile)", "sh"], program: program
        ).start()
    }

    var pid: pid_t { process.process }

    /// What it has written to its standard error.
    var log: String { (try? readFile(logFile)) ?? "" }

    /// What `margay status -o json` says now.
    func status() throws -> StatusReport {
        let result = try installation.run("status", "-o", "json")
        guard !result.output.isEmpty else { throw TestKitError("status: \(result)the agent's log:\n\(log)") }
        return try StatusReport(json: Array(result.output.utf8))
    }

    /// Waits until the status is as `condition` wants it.
    @discardableResult
    func wait(
        for what: String, limit: Duration = .seconds(20), until condition: (StatusReport) throws -> Bool
    ) throws -> StatusReport {
        var last: StatusReport?
        try eventually(what, limit: limit) {
            let result = try installation.run("status", "-o", "json")
            guard !result.output.isEmpty else { return false }
            let report = try StatusReport(json: Array(result.output.utf8))
            last = report
            return try condition(report)
        } otherwise: {
            "last status: \((try? last?.json()) ?? "none")\nthe agent's log:\n\(log)"
        }
        guard let last else { throw TestKitError("\(what): no status") }
        return last
    }

    /// Waits until the source is in sync and all that it wants is in the kernel.
    @discardableResult
    func waitUntilReady() throws -> StatusReport {
        try wait(for: "the agent to be ready") { $0.ready }
    }

    /// Has it read its configuration again, and waits until it has said what became of that.
    func reload() throws {
        let said = answers
        hangUp()
        try eventually("an answer to SIGHUP") {
            answers > said
        } otherwise: {
            log
        }
    }

    /// Only sends the signal.
    func hangUp() { process.signal(SIGHUP) }

    private var answers: Int {
        ["Configuration reloaded", "Configuration not taken over"].reduce(0) { $0 + log.ranges(of: $1).count }
    }

    /// Holds it where it is, as a machine without time for it does.
    func pause() { process.signal(SIGSTOP) }

    func resume() { process.signal(SIGCONT) }

    /// Ends it as a supervisor does.
    func terminate() throws -> CommandResult {
        process.signal(SIGTERM)
        return try process.wait()
    }

    /// Ends it as the kernel does when memory is short.
    func kill() throws {
        process.signal(SIGKILL)
        _ = try process.wait()
    }

    /// Waits for it to end by itself.
    func waitForEnd() throws -> CommandResult { try process.wait() }
}

/// Tries again until `condition` holds; past the limit that is an error.
func eventually(
    _ what: String, limit: Duration = .seconds(20), _ condition: () throws -> Bool,
    otherwise: () -> String = { "" }
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            throw TestKitError("waited \(limit) for \(what) in vain\n\(otherwise())")
        }
        usleep(30_000)
    }
}
