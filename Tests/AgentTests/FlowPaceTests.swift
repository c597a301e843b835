import Testing

@testable import Agent

struct FlowPaceTests {
    private var pace = FlowPace()
    private let start = SuspendingClock.now

    private func after(_ milliseconds: Int) -> FlowPace.Instant { start + .milliseconds(milliseconds) }

    @Test mutating func theFirstIsDueAndTheNextAfterNineTimesAsLong() {
        #expect(pace.isDue(at: start) && pace.next == nil)
        pace.worked(start..<after(5))
        #expect(pace.next == after(50))
        #expect(!pace.isDue(at: after(5)) && !pace.isDue(at: after(49)))
        #expect(pace.isDue(at: after(50)) && pace.isDue(at: after(5000)))
    }

    @Test mutating func theLatestCounts() {
        pace.worked(start..<after(5))
        // At somebody's word, before it was due.
        pace.worked(after(10)..<after(11))
        #expect(pace.next == after(20))
        // Where there was nothing to look through.
        pace.worked(after(30)..<after(30))
        #expect(pace.isDue(at: after(30)))
    }

    @Test mutating func oneThatTookVeryLongDoesNotPutTheNextOffForLong() {
        pace.worked(start..<after(3_600_000))
        #expect(pace.next == after(3_605_000))
    }

    /// Whatever is asked, and whenever: a tenth, after the first.
    @Test(arguments: [1, 3, 20, 200])
    mutating func aTenthIsAll(everyMilliseconds step: Int) {
        let length = 5
        var worked = 0
        var now = 0
        while now < 10_000 {
            if pace.isDue(at: after(now)) {
                pace.worked(after(now)..<after(now + length))
                worked += length
                now += length
            }
            now += step
        }
        #expect(worked <= 10_000 / 10 + length)
        #expect(worked >= min(10_000 / 10, 10_000 / (length + step) * length) / 2)
    }
}
