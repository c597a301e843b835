import Testing

@testable import margay

@Suite struct LogRateLimitTests {
    private let limit = LogRateLimit(burst: 3, window: .seconds(30))
    private let start = ContinuousClock.now

    private func admit(_ text: String, after seconds: Int) -> LogRateLimit.Admission {
        limit.admit(text, at: start + .seconds(seconds))
    }

    @Test func aFloodIsCutOffAndCounted() {
        #expect(admit("a", after: 0) == .message(leftOut: 0))
        #expect(admit("a", after: 1) == .message(leftOut: 0))
        #expect(admit("a", after: 2) == .last(.seconds(30)))
        #expect(admit("a", after: 3) == .nothing)
        #expect(admit("a", after: 29) == .nothing)
        #expect(admit("a", after: 30) == .message(leftOut: 2))
        #expect(admit("a", after: 31) == .message(leftOut: 0))
    }

    @Test func otherMessagesGoOn() {
        for _ in 0..<5 { _ = admit("a", after: 0) }
        #expect(admit("b", after: 0) == .message(leftOut: 0))
    }

    @Test func aWindowThatWasNotFilledLeavesNothingBehind() {
        #expect(admit("a", after: 0) == .message(leftOut: 0))
        #expect(admit("a", after: 100) == .message(leftOut: 0))
        #expect(admit("a", after: 101) == .message(leftOut: 0))
    }
}
