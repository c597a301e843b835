import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Status

@Suite struct StatusServerTests {
    private struct Provider: StatusProvider {
        struct Failure: Error, CustomStringConvertible { let description = "the kernel did not answer" }

        let board = AgentBoard(source: ("directory", "/d"))

        func confirm() async throws -> ConfirmAnswer { ConfirmAnswer(endpoints: 0, leftovers: false) }
        func metrics() async -> [MetricFamily] { [] }
        func status() async throws -> StatusReport { .sample }
        func resources() async throws -> String { #"{"kind":"List","items":[]}"# }
        func settingsDocument() async throws -> String { throw Failure() }
    }

    /// Runs a server until the body ends.
    private func serving(
        _ socket: String, group: String = "root", log: LogRecord = LogRecord(),
        _ body: (StatusClient) async throws -> Void
    ) async throws {
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = StatusServer(
            socket: socket, group: group, provider: Provider(), logger: log.logger,
            onListening: { continuation.finish() })
        let services = ServiceGroup(services: [server], logger: log.logger)
        async let finished: Void = {
            defer { continuation.finish() }
            try await services.run()
        }()
        for await _ in listening {}
        do {
            try await body(StatusClient(socket: socket))
        } catch {
            await services.triggerGracefulShutdown()
            try? await finished
            throw error
        }
        await services.triggerGracefulShutdown()
        try await finished
    }

    /// Leaves a socket on which nobody listens, as an agent that was killed does.
    private func makeStaleSocket(_ path: String) {
        let descriptor = boundSocket(path)
        close(descriptor)
    }

    private func boundSocket(_ path: String) -> CInt { openSocket(path, bind) }

    private func connectedSocket(_ path: String) -> CInt { openSocket(path, connect) }

    private func openSocket(
        _ path: String, _ attach: (CInt, UnsafePointer<sockaddr>?, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                attach(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(result == 0)
        return descriptor
    }

    @Test func answersEachQuestionAndRemovesItsSocket() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/run/margay/margay.sock"
        try await serving(path) { client in
            let report = try await client.status()
            let document = try await client.document(.status)
            let resources = try await client.resources()
            #expect(report == .sample)
            #expect(try String(decoding: document, as: UTF8.self) == StatusReport.sample.json())
            #expect(resources == #"{"kind":"List","items":[]}"#)
            #expect(fileMode(folder.path + "/run/margay") == 0o755)
            #expect(fileMode(path) == 0o660)
        }
        #expect(fileMode(path) == nil)
    }

    @Test func aFailingAnswerCarriesItsReason() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        try await serving(path) { client in
            let error = await #expect(throws: StatusError.self) { try await client.settingsDocument() }
            #expect(error?.code == .failedRequest)
            #expect(error?.description == "cannot ask the agent on \(path): the kernel did not answer")
        }
    }

    @Test func withoutTheGroupOnlyTheOwnerMayAskAndTheLogSaysSo() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        let log = LogRecord()
        try await serving(path, group: "no-such-group", log: log) { client in
            #expect(fileMode(path) == 0o600)
            let report = try await client.status()
            #expect(report.node == "node1")
        }
        #expect(log.messages.contains("The status socket's group does not exist; only its owner can ask"))
    }

    @Test func aStaleSocketIsReplaced() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        makeStaleSocket(path)
        try await serving(path) { client in
            let report = try await client.status()
            #expect(report.node == "node1")
        }
    }

    @Test func aSocketThatSomebodyServesIsLeftAlone() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        try await serving(path) { client in
            let error = await #expect(throws: StatusError.self) { try await serving(path) { _ in } }
            #expect(error?.code == .alreadyServed)
            #expect(
                error?.description
                    == "cannot listen on \(path): another process answers on it. "
                    + "Stop the other agent, or name another path in status.socket")
            let report = try await client.status()
            #expect(report.node == "node1")
        }
    }

    @Test func anythingElseAtThePathIsLeftAlone() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        close(creat(path, 0o644))
        let error = await #expect(throws: StatusError.self) { try await serving(path) { _ in } }
        #expect(
            error?.description
                == "cannot listen on \(path): it exists and is not a socket. "
                + "Remove it, or name another path in status.socket")
        #expect(fileMode(path) == 0o644)
    }

    @Test(.timeLimit(.minutes(5))) func aConnectionThatAsksNothingDoesNotHoldUpTheEnd() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        var idle: CInt = -1
        try await serving(path) { _ in
            idle = connectedSocket(path)
        }
        close(idle)
    }

    @Test func aFolderThatCannotBeCreatedIsNamed() async throws {
        let folder = TemporaryFolder()
        close(creat(folder.path + "/file", 0o644))
        let error = await #expect(throws: StatusError.self) {
            try await serving(folder.path + "/file/run/margay.sock") { _ in }
        }
        #expect(
            error?.description
                == "cannot create the folder \(folder.path)/file/run for the status socket: Not a directory. "
                + "Run the agent as root, or name another path in status.socket")
    }

    @Test func noSocketNobodyListeningAndSilenceAreUnreachable() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/s"
        let client = StatusClient(socket: path, timeLimit: .milliseconds(100))

        let absent = await #expect(throws: StatusError.self) { try await client.status() }
        #expect(absent?.code == .unreachable)
        #expect(
            absent?.description
                == "cannot ask the agent on \(path): No such file or directory. "
                + "Is the agent running? Start it with margay agent, or name its socket with --socket")

        let descriptor = boundSocket(path)
        defer { close(descriptor) }
        let refused = await #expect(throws: StatusError.self) { try await client.status() }
        #expect(refused?.code == .unreachable)
        #expect(refused?.errno == ECONNREFUSED)

        #expect(listen(descriptor, 1) == 0)
        let silent = await #expect(throws: StatusError.self) { try await client.status() }
        #expect(silent?.code == .unreachable)
        #expect(
            silent?.description
                == "cannot ask the agent on \(path): no answer within 0.1 seconds. "
                + "The agent is there but stuck; its log says more")
    }
}

/// A logger whose messages a test can look at.
final class LogRecord: Sendable {
    private let recorded = Mutex<[String]>([])

    var messages: [String] { recorded.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(record: self) } }

    private struct Handler: LogHandler {
        let record: LogRecord
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(record: LogRecord) { self.record = record }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { record.recorded.withLock { $0.append("\(event.message)") } }
    }
}
