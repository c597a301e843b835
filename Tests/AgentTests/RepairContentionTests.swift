import Dataplane
import Nftables
import Testing

@testable import Agent

struct RepairContentionTests {
    private var contention = RepairContention()
    private let start = ContinuousClock.now

    private func drift(_ names: String...) -> [Drift] {
        names.map { Drift(object: .chain(ChainID(Table(.inet, "margay"), $0)), change: .altered) }
    }

    private func after(_ seconds: Double) -> ContinuousClock.Instant {
        start + .milliseconds(Int(seconds * 1000 + 0.5))
    }

    /// A dispute over chain `a`, begun at second 0.4.
    private mutating func dispute() -> [RepairContention.Dispute] {
        var begun: [RepairContention.Dispute] = []
        for number in 0..<RepairContention.limit {
            begun += contention.judge(drift("a"), by: "nft (pid 7)", at: after(Double(number) / 10)).begun
        }
        return begun
    }

    @Test mutating func fewChangesAreRepairedAtOnce() {
        for number in 0..<(RepairContention.limit - 1) {
            let (verdict, begun) = contention.judge(drift("a"), by: nil, at: after(Double(number)))
            #expect(verdict == .repair && begun.isEmpty)
        }
    }

    @Test mutating func slowChangesAreNeverADispute() {
        for number in 0..<20 {
            let (verdict, begun) = contention.judge(drift("a"), by: nil, at: after(Double(number) * 3))
            #expect(verdict == .repair && begun.isEmpty, "change \(number)")
        }
    }

    @Test mutating func whoeverUndoesAgainAndAgainIsNamedOnceAndWaitedFor() {
        let begun = dispute()
        #expect(begun.map(\.writer) == ["nft (pid 7)"])
        #expect(begun.map(\.delay) == [.seconds(1)])
        #expect(contention.disputes(at: after(1)) == begun)
        // Until it is its turn, it waits for the same moment however often it is changed.
        let (verdict, again) = contention.judge(drift("a"), by: nil, at: after(0.9))
        #expect(verdict == .wait(until: after(1.4)) && again.isEmpty)
    }

    @Test mutating func eachFurtherChangeAfterItsTurnDoublesTheDelayUpToALimit() {
        _ = dispute()
        var now = 0.4
        var delays: [Duration] = []
        for _ in 0..<8 {
            guard case .wait(let until) = contention.judge(drift("a"), by: nil, at: after(now)).verdict else {
                Issue.record("not in dispute any more")
                return
            }
            delays.append(until - after(now))
            now = Double((until - start).components.seconds) + 1.5
        }
        #expect(delays.dropFirst(2).prefix(4) == [.seconds(4), .seconds(8), .seconds(16), .seconds(30)])
        #expect(contention.disputes(at: after(now)).map(\.delay) == [RepairContention.longestDelay])
    }

    @Test mutating func onlyWhatIsInDisputeWaits() {
        _ = dispute()
        #expect(contention.judge(drift("b"), by: nil, at: after(0.5)).verdict == .repair)
        #expect(contention.judge(drift("a", "b"), by: nil, at: after(0.6)).verdict == .repair)
        #expect(contention.judge(drift("a"), by: nil, at: after(0.7)).verdict == .wait(until: after(1.4)))
    }

    @Test mutating func whatIsLeftAloneForAWhileIsForgotten() {
        _ = dispute()
        let later = after(0.4) + RepairContention.calm
        #expect(contention.disputes(at: later).isEmpty)
        #expect(contention.judge(drift("a"), by: nil, at: later + .seconds(1)).verdict == .repair)
    }
}
