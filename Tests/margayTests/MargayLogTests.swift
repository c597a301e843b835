import Logging
import Synchronization
import Testing

@testable import margay

@Suite struct MargayLogTests {
    private final class Sink: LogSink {
        let messages = Mutex<[LogMessage]>([])

        func write(_ message: LogMessage) { messages.withLock { $0.append(message) } }

        var lines: [String] { messages.withLock { $0.map { "\($0.level) \($0.textWithMetadata)" } } }
    }

    private struct Refusal: Error, CustomStringConvertible { let description = "no such device" }

    private let sink = Sink()
    private let level = LogLevel(.info)

    private func log(burst: Int = 10, window: Duration = .seconds(3600)) -> MargayLog {
        MargayLog(label: "margay", sink: sink, limit: LogRateLimit(burst: burst, window: window), level: level)
    }

    private func event(_ message: Logger.Message, _ metadata: Logger.Metadata?, error: (any Error)? = nil) -> LogEvent {
        LogEvent(
            level: .warning, message: message, error: error, metadata: metadata, source: nil, file: "F", function: "f",
            line: 1)
    }

    @Test func theMessagesMetadataOverridesTheLoggers() {
        var log = log()
        log[metadataKey: "node"] = "node1"
        log.log(event: event("Repaired", ["interface": "cali1", "node": "override"], error: Refusal()))
        #expect(sink.lines == [#"warning Repaired error="no such device" interface=cali1 node=override"#])
    }

    @Test func theEndOfPatienceIsTold() {
        let log = log(burst: 2)
        for _ in 0..<4 { log.log(event: event("a", nil)) }
        #expect(
            sink.lines == [
                "warning a", "warning a",
                "notice Too many messages like the last one: more of them are left out for a while seconds=3600",
            ])
    }

    @Test func theLevelMayChangeWhileLoggersAreInUse() {
        let log = log()
        #expect(log.logLevel == .info)
        level.current = .debug
        #expect(log.logLevel == .debug)
        var quiet = log
        quiet.logLevel = .error
        #expect(quiet.logLevel == .error && log.logLevel == .debug)
    }
}
