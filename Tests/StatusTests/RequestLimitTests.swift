import Glibc
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle
import Synchronization
import SystemCalls
import TestSupport
import Testing

@testable import Status

/// What a client may send and hold, on the wire.
@Suite(.timeLimit(.minutes(5))) struct RequestLimitTests {
    private let blocking = BlockingExecutor(label: "raw connections")

    /// Runs a router on a Unix socket until the body ends.
    private func serving(
        idle: TimeAmount = RequestLimits.idle,
        _ add: (Router<AgentRequestContext>) -> Void, _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let path = folder.path(of: "s")
        let router = Router(context: AgentRequestContext.self)
        router.add(middleware: RequestLimits())
        add(router)
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let log = LogRecord()
        let application = Application(
            router: router, server: RequestLimits.server(idle: idle),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path),
                availableConnectionsDelegate: MaximumAvailableConnections(RequestLimits.connections)),
            onServerRunning: { _ in continuation.finish() }, logger: log.logger)
        let services = ServiceGroup(services: [application], logger: log.logger)
        async let finished: Void = services.run()
        for await _ in listening {}
        do {
            // A raw connection blocks, and the server needs the threads that tasks share.
            try await withTaskExecutorPreference(blocking) { try await body(path) }
        } catch {
            await services.triggerGracefulShutdown()
            try? await finished
            throw error
        }
        await services.triggerGracefulShutdown()
        try await finished
    }

    private func changing(
        _ isAllowed: @escaping @Sendable (PeerCredentials) -> Bool, _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let log = LogRecord()
        try await serving { router in
            router.get("read") { _, _ in "read" }
            router.group().add(middleware: ChangesNeedOwner(logger: log.logger, isAllowed: isAllowed))
                .post("change") { _, _ in "changed" }
        } _: { path in
            try await body(path)
        }
    }

    private func request(_ method: String, _ path: String, _ more: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(more)\r\n"
    }

    @Test func rootAndTheAgentsOwnUserMayChange() async throws {
        let peers = Box<PeerCredentials>()
        try await changing {
            peers.append($0)
            return $0.mayChange
        } _: { path in
            let answer = try RawConnection(path).exchange(request("POST", "/change"))
            #expect(answer.hasSuffix("changed"), "\(answer)")
        }
        // This process asked itself.
        #expect(peers.all == [PeerCredentials(process: getpid(), user: geteuid(), group: getegid())])
    }

    @Test func whoeverElseMayConnectMayOnlyRead() async throws {
        try await changing {
            $0.mayChange(asUser: 4711) && $0.user != geteuid()
        } _: { path in
            let refused = try RawConnection(path).exchange(request("POST", "/change"))
            #expect(refused.hasPrefix("HTTP/1.1 403 ") && !refused.contains("changed"), "\(refused)")
            #expect(refused.hasSuffix("only root and the agent's own user may change what it does; ask again as root"))
            #expect(try RawConnection(path).exchange(request("GET", "/read")).hasSuffix("read"))
        }
    }

    @Test func rootIsWhoeverHasItsNumberAndOthersOnlyThemselves() {
        func peer(_ user: UInt32) -> PeerCredentials { PeerCredentials(process: 1, user: user, group: 0) }
        #expect(peer(0).mayChange(asUser: 1000) && peer(1000).mayChange(asUser: 1000))
        #expect(!peer(1001).mayChange(asUser: 1000) && !peer(1000).mayChange(asUser: 0))
    }

    @Test(arguments: ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
    func aBodyIsNotRead(header: String) async throws {
        try await serving { router in
            router.post("change") { _, _ in "changed" }
        } _: { path in
            let connection = try RawConnection(path)
            // It never sends the body, and does not ask for an end either.
            try connection.send("POST /change HTTP/1.1\r\nHost: a\r\n\(header)\r\n")
            let answer = try connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && !answer.contains("changed"), "\(answer)")
            let empty = try RawConnection(path).exchange(request("POST", "/change", "Content-Length: 0\r\n"))
            #expect(empty.hasSuffix("changed"))
        }
    }

    @Test func aHeaderThatIsTooLongIsRefused() async throws {
        try await serving { router in
            router.get("read") { _, _ in "read" }
        } _: { path in
            let long = String(repeating: "x", count: RequestLimits.headerSize)
            let answer = try RawConnection(path).exchange(request("GET", "/read", "X: \(long)\r\n"))
            #expect(!answer.hasSuffix("read"), "\(answer.prefix(100))")
            #expect(try RawConnection(path).exchange(request("GET", "/read")).hasSuffix("read"))
        }
    }

    /// Of an answer that nobody takes, nothing is left: the connection ends while most of it was not written.
    @Test func whoDoesNotTakeTheAnswerLosesTheConnection() async throws {
        let length = 16 << 20
        try await serving(idle: .milliseconds(200)) { router in
            router.get("long") { _, _ in ByteBuffer(repeating: 0x78, count: length) }
        } _: { path in
            let connection = try RawConnection(path)
            try connection.send(request("GET", "/long"))
            try connection.awaitHangUp()
            let answer = try connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.utf8.count < length)
        }
    }

    @Test(arguments: ["", "GET /read HTTP/1.1\r\nHost: "]) func halfARequestEndsWithItsTime(text: String) async throws {
        try await serving(idle: .milliseconds(100)) { router in
            router.get("read") { _, _ in "read" }
        } _: { path in
            let connection = try RawConnection(path)
            try connection.send(text)
            #expect(try connection.readToEnd().isEmpty)
        }
    }

    /// Those beyond the limit wait, and come when others go.
    @Test func noMoreConnectionsAreServedThanTheLimit() async throws {
        try await serving { router in
            router.get("read") { _, _ in "read" }
        } _: { path in
            var idle: [RawConnection] = []
            // A connection is served, and so counted, once it has answered.
            for _ in 0..<RequestLimits.connections {
                let connection = try RawConnection(path)
                try connection.send("GET /read HTTP/1.1\r\nHost: a\r\n\r\n")
                try connection.awaitAnswer()
                idle.append(connection)
            }
            let another = try RawConnection(path)
            try another.send(request("GET", "/read"))
            #expect(!another.hasAnswer(within: 200))
            idle.removeLast()
            #expect(try another.readToEnd().hasSuffix("read"))
        }
    }
}

/// Collects what closures see.
private final class Box<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func append(_ value: Value) { values.withLock { $0.append(value) } }

    var all: [Value] { values.withLock { $0 } }
}
