import Logging
import Settings
import Status
import SystemCalls
import Testing

@testable import margay

@Suite struct StandardErrorLogTests {
    private struct Refusal: Error, CustomStringConvertible { let description = "no such device" }

    private let time = Timestamp(millisecondsSinceEpoch: 1_772_366_400_250)

    private func event(_ message: Logger.Message, _ metadata: Logger.Metadata?, error: (any Error)? = nil) -> LogEvent {
        LogEvent(
            level: .warning, message: message, error: error, metadata: metadata, source: nil, file: "F", function: "f",
            line: 1)
    }

    @Test func textLinesCarryTimeLevelMessageAndSortedMetadata() {
        var log = StandardErrorLog(label: "margay", format: .text, logLevel: .info)
        log[metadataKey: "node"] = "node1"
        let line = log.line(
            for: event("Repaired a route", ["interface": "cali1", "node": "override"], error: Refusal()), at: time)
        #expect(
            line == "2026-03-01T12:00:00.250Z warning  Repaired a route "
                + "error=\"no such device\" interface=cali1 node=override")
    }

    @Test func textLinesCannotBeForged() {
        let log = StandardErrorLog(label: "margay", format: .text, logLevel: .info)
        let line = log.line(for: event("a\nb", ["k": "x\u{1b}[2Jy", "q": "say \"hi\"", "empty": ""]), at: time)
        #expect(
            line == #"2026-03-01T12:00:00.250Z warning  a\nb empty="" k=x\u{1B}[2Jy q="say \"hi\"""#)
    }

    @Test func jsonLinesCommandNoTerminal() {
        let log = StandardErrorLog(label: "margay", format: .json, logLevel: .info)
        let line = log.line(for: event("a\u{9b}b\u{202e}\u{e0001}é", nil), at: time)
        #expect(line.contains(#""a\u009bb\u202e\udb40\udc01é""#), "\(line)")
    }

    @Test func jsonLinesAreOneObject() {
        let log = StandardErrorLog(label: "margay", format: .json, logLevel: .info)
        #expect(
            log.line(for: event("a\nb", ["path": "/x", "list": ["1", "2"]]), at: time)
                == #"{"level":"warning","logger":"margay","message":"a\nb","#
                + #""metadata":{"list":"[\"1\", \"2\"]","path":"/x"},"time":"2026-03-01T12:00:00.250Z"}"#)
    }
}
