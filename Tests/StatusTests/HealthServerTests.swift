import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import Status

@Suite struct HealthServerTests {
    private struct Provider: StatusProvider {
        let board: AgentBoard

        func status() async throws -> StatusReport { .sample }
        func resources() async throws -> String { "{}" }
        func settingsDocument() async throws -> String { "{}" }
        func confirm() async throws -> ConfirmAnswer { ConfirmAnswer(endpoints: 0, leftovers: false) }
        func metrics() async -> [MetricFamily] { [MetricFamily("a", .gauge, "A.", .integer(1))] }
    }

    private struct Answer {
        let status: HTTPResponseStatus
        let contentType: String?
        let body: String
    }

    /// A port on which nobody listens, and that nobody is given unasked while the socket is bound.
    private final class FreePort: @unchecked Sendable {
        let number: Int
        private var descriptor: CInt

        init() {
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            var on: CInt = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    #expect(bind(descriptor, $0, length) == 0)
                    #expect(getsockname(descriptor, $0, &length) == 0)
                }
            }
            number = Int(UInt16(bigEndian: address.sin_port))
            self.descriptor = descriptor
        }

        /// Takes the port for itself.
        func occupy() { #expect(listen(descriptor, 1) == 0) }

        /// Gives it back.
        func release() {
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }

        deinit { release() }
    }

    /// Runs a server until the body ends.
    private func serving(
        _ board: AgentBoard, port: FreePort, log: LogRecord = LogRecord(), _ body: () async throws -> Void
    ) async throws {
        let server = HealthServer(
            host: "127.0.0.1", port: port.number, provider: Provider(board: board), logger: log.logger,
            retryDelay: .milliseconds(5))
        let services = ServiceGroup(services: [server], logger: log.logger)
        async let finished: Void = services.run()
        do {
            try await body()
        } catch {
            await services.triggerGracefulShutdown()
            try? await finished
            throw error
        }
        await services.triggerGracefulShutdown()
        try await finished
    }

    /// Asks until somebody listens.
    private func get(_ port: FreePort, _ path: String, accept: String? = nil, method: HTTPMethod = .GET) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port.number)/\(path)")
        request.method = method
        if let accept { request.headers.add(name: "Accept", value: accept) }
        while true {
            do {
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                let body = try await response.body.collect(upTo: 1 << 20)
                return Answer(
                    status: response.status, contentType: response.headers["Content-Type"].first,
                    body: String(buffer: body))
            } catch is IOError {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private func healthyBoard() -> AgentBoard {
        // Its sign of life holds for a day, however long a busy machine keeps the test waiting.
        let board = AgentBoard(source: ("directory", "/d"), awake: .now + .seconds(86_400))
        board.post(.good)
        return board
    }

    @Test func aHealthyAgentIsAliveAndReady() async throws {
        let port = FreePort()
        try await serving(healthyBoard(), port: port) {
            for (path, status, body) in [
                ("livez", .ok, "ok\n"), ("readyz", .ok, "ok\n"), ("liveness", .noContent, ""),
                ("readiness", .noContent, ""), ("livez?verbose", .ok, "[+]loop ok\nlivez check passed\n"),
            ] as [(String, HTTPResponseStatus, String)] {
                let answer = try await get(port, path)
                #expect(answer.status == status, "\(path)")
                #expect(answer.body == body, "\(path)")
            }
            let head = try await get(port, "readyz", method: .HEAD)
            #expect(head.status == .ok && head.body.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aStuckLoopIsNotAlive() async throws {
        let port = FreePort()
        let board = AgentBoard(source: ("directory", "/d"), awake: .now - .seconds(31))
        board.post(.good)
        try await serving(board, port: port) {
            for path in ["livez", "readyz", "liveness", "readiness"] {
                let answer = try await get(port, path)
                #expect(answer.status == .serviceUnavailable)
                #expect(answer.body.hasPrefix("loop: the reconcile loop has not got on for "), "\(answer.body)")
            }
            repeat { board.beat() } while try await get(port, "livez").status != .ok
        }
    }

    @Test func anAgentThatIsNotReadyIsAliveAndSaysWhy() async throws {
        let port = FreePort()
        let board = AgentBoard(source: ("directory", "/d"), awake: .now + .seconds(86_400))
        try await serving(board, port: port) {
            #expect(try await get(port, "livez").status == .ok)
            let answer = try await get(port, "readyz")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.body.contains("source: directory /d was never read completely"))
            #expect(try await get(port, "readyz?verbose").body.contains("[-]source failed: directory /d"))
        }
    }

    @Test func figuresComeInTheFormatThatIsAskedFor() async throws {
        let port = FreePort()
        try await serving(healthyBoard(), port: port) {
            let new = try await get(port, "metrics")
            #expect(new.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(new.body.hasSuffix("a 1\n# EOF\n"))
            let old = try await get(port, "metrics", accept: "text/plain")
            #expect(old.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(old.body.hasSuffix("a 1\n"))
        }
    }

    @Test func theStatusIsTheSocketsAndWhatElseTheSocketHasIsNotHere() async throws {
        let port = FreePort()
        try await serving(healthyBoard(), port: port) {
            let report = try StatusReport.sample.json()
            #expect(try await get(port, "status").body == report)
            for path in ["resources", "settings", "wait?name=a", ""] {
                #expect(try await get(port, path).status == .notFound, "\(path)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aTakenPortIsSaidAndServedOnceItIsFree() async throws {
        let port = FreePort()
        port.occupy()
        let (board, log) = (healthyBoard(), LogRecord())
        try await serving(board, port: port, log: log) {
            while board.notices.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            #expect(
                board.notices == [
                    "no health and metrics on 127.0.0.1:\(port.number) (http.listen): Address already in use; stop whoever "
                        + "listens there (ss -ltnp shows it), or set http.listen to another address or \"\" for none"
                ])
            port.release()
            #expect(try await get(port, "livez").status == .ok)
            #expect(board.notices.isEmpty)
        }
        let complaints = log.messages.filter { $0.hasPrefix("Cannot answer health and metrics over HTTP") }
        #expect(complaints.count == 1)
    }

    @Test(.timeLimit(.minutes(5))) func aPortThatIsNeverFreeDoesNotHoldUpTheEnd() async throws {
        let taken = FreePort()
        taken.occupy()
        let board = healthyBoard()
        try await serving(board, port: taken) {
            while board.notices.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        }
    }
}
