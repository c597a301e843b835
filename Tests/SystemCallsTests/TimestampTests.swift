import SystemCalls
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_772_366_400_250, "2026-03-01T12:00:00.250Z"),
        (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
        (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func writesAndReadsUTC(milliseconds: Int64, text: String) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(millisecondsSinceEpoch: milliseconds))
    }

    @Test func readsATimeWithoutFraction() {
        #expect(Timestamp("1970-01-01T00:00:01Z") == Timestamp(millisecondsSinceEpoch: 1000))
    }

    @Test(arguments: [
        "", "now", "2026-02-30T00:00:00Z", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-3-1T12:00:00Z",
        "2026-03-01T12:00:00.25Z", "2026-03-01T12:00:00+01:00", "2026-03-01T24:00:01Z",
    ])
    func refusesOtherTexts(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
