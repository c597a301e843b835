import Logging
import Testing

@testable import margay

@Suite struct JournalLogTests {
    @Test func metadataBecomesFields() {
        let message = LogMessage(
            label: "margay", level: .warning, text: "Endpoint changed state",
            metadata: ["endpoint": "default/web", "reason": "no such\ndevice"])
        let fields = JournalLog.fields(of: message).map { "\($0.name)=\($0.value)" }
        #expect(
            fields == [
                #"MESSAGE=Endpoint changed state endpoint=default/web reason="no such\ndevice""#, "PRIORITY=4",
                "SYSLOG_IDENTIFIER=margay", "MARGAY_LOGGER=margay", "MARGAY_ENDPOINT=default/web",
                "MARGAY_REASON=no such\ndevice",
            ])
    }

    @Test(arguments: [
        ("endpoint", "MARGAY_ENDPOINT"), ("interfaceName", "MARGAY_INTERFACE_NAME"),
        ("hb.id", "MARGAY_HB_ID"), ("é2", "MARGAY__2"), ("A", "MARGAY_A"),
    ])
    func fieldNamesAreOnesThatJournaldKeeps(key: String, name: String) {
        #expect(JournalLog.name(of: key) == name)
    }

    @Test func prioritiesAreThoseOfSyslog() {
        #expect(Logger.Level.allCases.map(JournalLog.priority) == [7, 7, 6, 5, 4, 3, 2])
    }
}
