import Glibc
import Logging
import ServiceLifecycle
import SystemCalls
import TestSupport
import Testing

@testable import Status

/// Both ends of the socket against another end that keeps to no rule.
@Suite(.timeLimit(.minutes(30))) struct StatusFuzzTests {
    private let blocking = BlockingExecutor(label: "the other end")

    /// An agent of another version, or none at all, answers: what is made of it can be shown on a terminal.
    @Test func whateverAnswersIsAReportOrAnError() throws {
        let words =
            [
                "null", "{}", "[]", "-1", "1e308", "1e-400", "18446744073709551616", "\\u001b[2J", "\\u0000", "\\ud800",
                "\u{1b}[31m", "\u{202e}", "\"\"", String(repeating: "[", count: 600),
                String(repeating: "9", count: 400),
            ].map { Array($0.utf8) } + [[0xff], [0xed, 0xa0, 0x80]]
        var understood = 0
        let corpus = [Array(try StatusReport.sample.json().utf8)]
        let problem = Fuzz("status-report", rounds: 1_500, corpus: corpus, words: words).run { bytes in
            guard let report = try? StatusReport(json: bytes) else { return nil }
            understood += 1
            let table = StatusTable(report)
            for text in [table.table(), table.wide(), table.brief()] {
                if let control = text.unicodeScalars.first(where: { $0.value < 32 && $0 != "\n" || $0.value == 127 }) {
                    return "a control character reaches the terminal: \(control.value)"
                }
            }
            _ = try report.yaml()
            return try StatusReport(json: Array(report.json().utf8)) == report ? nil : "another report comes back"
        }
        #expect(problem == nil)
        #expect(understood > 20)
    }

    /// What mutations seldom hit: each was a trap, or a control character, once.
    @Test func aReportOfExtremesIsShown() throws {
        var report = StatusReport.sample
        report.node = "n\u{1b}[2J"
        report.source.state = .stale
        report.source.ageSeconds = 1e308
        report.dataplane.lastApplySeconds = -1e308
        report.endpoints[0].interfaceName = "cali1\0"
        report.endpoints[0].programmedAt = .now
        report.endpoints[0].programmingSeconds = 1e308
        report.endpoints[0].counters.drops = .init(mac: .max, ip: .max, host: 1)
        let read = try StatusReport(json: Array(report.json().utf8))
        let table = StatusTable(read)
        var brief = StatusBrief(read)
        brief.endpoints = ["up": .max, "down": .max]
        for text in [table.table(), table.wide(), table.brief(), brief.line()] {
            #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" }, "\(text)")
        }
        #expect(table.table().contains("\(UInt64.max)"))
    }

    @Test(arguments: [
        "999999999-01-01T00:00:00.000Z", "2147483647-12-31T23:59:59.999Z", "2026-01-01T00:00:00.9223372036854775807Z",
    ])
    func aTimeBeyondTheCalendarIsNone(text: String) {
        #expect(Timestamp(text) == nil)
        let report = (try? StatusReport.sample.json()) ?? ""
        #expect(throws: (any Error).self) {
            try StatusReport(
                json: Array(report.replacing(/"startedAt" : "[^"]*"/, with: "\"startedAt\" : \"\(text)\"").utf8))
        }
    }

    private struct Provider: StatusProvider {
        let board = AgentBoard(source: ("directory", "/d"))

        func confirm() async throws -> ConfirmAnswer { ConfirmAnswer(endpoints: 0, leftovers: false) }
        func metrics() async -> [MetricFamily] { [] }
        func status() async throws -> StatusReport { .sample }
        func resources() async throws -> String { "{}" }
        func settingsDocument() async throws -> String { "{}" }
    }

    private static let requests = [
        "GET /status HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
        "GET /wait?name=web&name=default%2Fdb&for=gone&seconds=0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /metrics HTTP/1.0\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n",
        "HEAD /livez?verbose HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    ].map { Array($0.utf8) }

    /// After whatever came, the next question is answered.
    @Test func noRequestKeepsTheAgentFromAnswering() async throws {
        let folder = TemporaryFolder()
        let path = folder.path(of: "s")
        let log = LogRecord()
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = StatusServer(
            socket: path, group: "root", provider: Provider(), logger: log.logger,
            onListening: { continuation.finish() })
        let services = ServiceGroup(services: [server], logger: log.logger)
        async let finished: Void = services.run()
        for await _ in listening {}
        let words = [
            "\r\n", "\0", "%00", "%zz", "?", "&", "HTTP/9.9", "Content-Length: -1\r\n", "Host: b\r\n", "seconds=1e9",
        ]
        let problem = await withTaskExecutorPreference(blocking) {
            Fuzz(
                "status-requests", rounds: 600, corpus: Self.requests, words: words.map { Array($0.utf8) }
            ).run { bytes in
                let hostile = try RawConnection(path)
                try hostile.send(bytes)
                hostile.finish()
                _ = hostile.hasAnswer(within: 5)
                let honest = try RawConnection(path)
                try honest.send("GET /status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                try honest.awaitAnswer()
                return try honest.readToEnd().hasPrefix("HTTP/1.1 200 ") ? nil : "no answer to the next"
            }
        }
        await services.triggerGracefulShutdown()
        try await finished
        #expect(problem == nil)
    }

    /// Whoever answers in the agent's place cannot end, hold or fill the command that asks.
    @Test func noAnswerHarmsTheClient() async throws {
        let folder = TemporaryFolder()
        let path = folder.path(of: "s")
        let body = try StatusReport.sample.json()
        let answers = [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nwhy",
        ].map { Array($0.utf8) }
        let server = try RawServer(path)
        let client = StatusClient(socket: path, timeLimit: .milliseconds(200))
        var generator = SplitMix(seed: 7)
        for round in 0..<60 {
            // Lengths and chunks are where a client loses its way.
            var answer = answers[round % answers.count]
            for _ in 0..<round / 12 {
                answer[Int.random(in: 0..<min(120, answer.count), using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if round % 7 == 6 { answer.removeLast(answer.count / 3) }
            server.answer = answer
            do {
                _ = try await client.status()
            } catch {
                #expect(error is StatusError, "round \(round): \(error)")
            }
        }
        #expect(server.count >= 60)
    }
}

/// Accepts whoever comes, and answers the same octets whatever was asked.
private final class RawServer: @unchecked Sendable {
    private let descriptor: CInt
    private var lock = pthread_mutex_t()
    private var bytes: [UInt8] = []
    private var served = 0

    init(_ path: String) throws {
        pthread_mutex_init(&lock, nil)
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(descriptor, 16) == 0 else { throw RawConnection.Failure(errno: errno) }
        let listening = descriptor
        Thread.detach { [weak self] in
            while true {
                let client = accept(listening, nil, nil)
                guard client >= 0, let self else { return }
                self.serve(client)
            }
        }
    }

    var answer: [UInt8] {
        get { locked { bytes } }
        set { locked { bytes = newValue } }
    }

    var count: Int { locked { served } }

    private func serve(_ client: CInt) {
        var question = [UInt8](repeating: 0, count: 4096)
        _ = recv(client, &question, question.count, 0)
        let answer = locked { () -> [UInt8] in
            served += 1
            return bytes
        }
        _ = answer.withUnsafeBytes { send(client, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        close(client)
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(&lock)
        defer { pthread_mutex_unlock(&lock) }
        return body()
    }

    deinit {
        // Wakes the thread that waits for a client.
        shutdown(descriptor, CInt(SHUT_RDWR))
        close(descriptor)
    }
}

/// A thread of the system's own.
private enum Thread {
    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func detach(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body)).toOpaque()
        pthread_create(
            &thread, nil,
            {
                Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
                return nil
            }, box)
        pthread_detach(thread)
    }
}
