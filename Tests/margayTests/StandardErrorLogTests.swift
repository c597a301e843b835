import Logging
import Settings
import SystemCalls
import Testing

@testable import margay

@Suite struct StandardErrorLogTests {
    private let time = Timestamp(millisecondsSinceEpoch: 1_772_366_400_250)

    private func message(_ text: String, _ metadata: [String: String]) -> LogMessage {
        LogMessage(label: "margay", level: .warning, text: text, metadata: metadata)
    }

    @Test func textLinesCarryTimeLevelMessageAndSortedMetadata() {
        let line = StandardErrorLog(format: .text).line(
            for: message("Repaired a route", ["interface": "cali1", "error": "no such device"]), at: time)
        #expect(
            line == "2026-03-01T12:00:00.250Z warning  Repaired a route "
                + "error=\"no such device\" interface=cali1")
    }

    @Test func textLinesCannotBeForged() {
        let line = StandardErrorLog(format: .text).line(
            for: message("a\nb", ["k": "x\u{1b}[2Jy", "q": "say \"hi\"", "empty": ""]), at: time)
        #expect(
            line == #"2026-03-01T12:00:00.250Z warning  a\nb empty="" k=x\u{1B}[2Jy q="say \"hi\"""#)
    }

    @Test func jsonLinesCommandNoTerminal() {
        let line = StandardErrorLog(format: .json).line(for: message("a\u{9b}b\u{202e}\u{e0001}é", [:]), at: time)
        #expect(line.contains(#""a\u009bb\u202e\udb40\udc01é""#), "\(line)")
    }

    @Test func jsonLinesAreOneObject() {
        #expect(
            StandardErrorLog(format: .json).line(for: message("a\nb", ["path": "/x"]), at: time)
                == #"{"level":"warning","logger":"margay","message":"a\nb","#
                + #""metadata":{"path":"/x"},"time":"2026-03-01T12:00:00.250Z"}"#)
    }
}
