import NetworkValues
import Resources
import Testing

@testable import Agent

/// Which losses of a source are believed, and when. The clock is the test's.
struct MassDeleteBrakeTests {
    private var brake = MassDeleteBrake(limits: .init(percent: 50, minimum: 10, hold: .seconds(60)))
    private let start = SuspendingClock.now

    private func endpoint(_ number: Int, profiles: [String] = ["open"]) -> Resource {
        .workloadEndpoint(
            WorkloadEndpoint(
                metadata: Metadata(name: "e\(number)", namespace: "default"), node: "node1", profiles: profiles,
                interfaceName: try! InterfaceName(parsing: "cali\(number)")))
    }

    private func endpoints(_ numbers: ClosedRange<Int>) -> [Resource] { numbers.map { endpoint($0) } }
    private func profile(_ name: String = "open") -> Resource { .profile(Profile(metadata: Metadata(name: name))) }

    /// Judges losses after so many seconds; the interfaces named are gone.
    private mutating func lose(
        _ losses: [Resource], of total: Int, after seconds: Int = 0, gained: [Resource] = [],
        gone: Set<String> = []
    ) -> (believed: [String], held: [String]) {
        let count = losses.count { $0.key.kind == .workloadEndpoint }
        let verdict = brake.judge(
            losses, gained: gained.map(\.key), others: total - count + gained.count, at: start + .seconds(seconds)
        ) { gone.contains($0.interfaceName.rawValue) ? .gone : .there(1) }
        return (verdict.believed.map(\.name).sorted(), verdict.held.map(\.key.name).sorted())
    }

    private func names(_ numbers: ClosedRange<Int>, _ more: String...) -> [String] {
        (numbers.map { "e\($0)" } + more).sorted()
    }

    @Test mutating func moreThanTheLimitAndAtLeastTheMinimumAreHeld() {
        #expect(lose(endpoints(1...11), of: 20) == ([], names(1...11)))
        #expect(brake.isHolding)
        #expect(brake.heldCount == 11)
        #expect(brake.total == 20)
    }

    @Test mutating func exactlyTheLimitIsBelieved() {
        #expect(lose(endpoints(1...10), of: 20) == (names(1...10), []))
        #expect(!brake.isHolding)
    }

    @Test mutating func lessThanTheMinimumIsBelievedWhateverTheShare() {
        #expect(lose(endpoints(1...9), of: 9) == (names(1...9), []))
    }

    @Test mutating func aLimitOfAHundredHoldsNothingAndOneOfZeroAllThatReachesTheMinimum() {
        brake.limits.percent = 100
        #expect(lose(endpoints(1...50), of: 50).held == [])
        brake = MassDeleteBrake(limits: .init(percent: 0, minimum: 1, hold: .seconds(60)))
        #expect(lose(endpoints(1...1), of: 1000) == ([], ["e1"]))
    }

    @Test mutating func lossesWithinTenSecondsCountTogetherAndThoseBelievedComeBack() {
        #expect(lose(endpoints(1...6), of: 12) == (names(1...6), []))
        #expect(lose(endpoints(7...9), of: 6, after: 5) == (names(7...9), []))
        #expect(lose(endpoints(10...10), of: 3, after: 9) == ([], names(1...10)))
        #expect(brake.total == 12)
    }

    @Test mutating func whatWasLostTenSecondsAgoCountsNoMore() {
        #expect(lose(endpoints(1...6), of: 12) == (names(1...6), []))
        #expect(lose(endpoints(7...10), of: 6, after: 10) == (names(7...10), []))
        #expect(!brake.isHolding)
    }

    @Test mutating func aLossWhoseInterfaceIsGoneIsBelievedAndCountsForNothing() {
        let gone = Set((1...9).map { "cali\($0)" })
        #expect(lose(endpoints(1...18), of: 18, gone: gone) == (names(1...18), []))
        // The nine others are remembered, until their interfaces go as well.
        #expect(lose(endpoints(19...19), of: 1, gone: gone.union(["cali10"])) == (["e19"], []))
        #expect(lose(endpoints(20...20), of: 1, gone: gone.union(["cali10"])).held.count == 10)
    }

    @Test mutating func whatComesMeanwhileDoesNotMakeTheLossSmaller() {
        #expect(lose(endpoints(1...12), of: 20, gained: endpoints(101...150)).held == names(1...12))
        #expect(brake.total == 20)
    }

    @Test mutating func whileHoldingEveryFurtherLossIsHeldAndTheTimeBeginsAnew() {
        _ = lose(endpoints(1...12), of: 20)
        #expect(brake.deadline == start + .seconds(60))
        #expect(lose(endpoints(13...13), of: 8, after: 40) == ([], ["e13"]))
        #expect(brake.deadline == start + .seconds(100))
        #expect(lose(endpoints(14...14), of: 7, after: 41, gone: ["cali14"]) == (["e14"], []))
        #expect(brake.deadline == start + .seconds(100))
    }

    @Test mutating func whatReturnsIsHeldNoMoreAndTheTimeBeginsAnew() {
        _ = lose(endpoints(1...12), of: 12)
        #expect(brake.returned(endpoint(1).key, at: start + .seconds(30)) == [])
        #expect(brake.heldCount == 11)
        #expect(!brake.isHeld(endpoint(1).key))
        #expect(brake.deadline == start + .seconds(90))
        for number in 2...12 { _ = brake.returned(endpoint(number).key, at: start + .seconds(31)) }
        #expect(!brake.isHolding)
        #expect(brake.deadline == nil)
    }

    @Test mutating func aSourceOutOfReachConfirmsNothing() {
        _ = lose(endpoints(1...12), of: 12)
        brake.sourceIsLost()
        #expect(brake.isHolding)
        #expect(brake.deadline == nil)
        brake.sourceAnswers(at: start + .seconds(500))
        #expect(brake.deadline == start + .seconds(560))
        brake.sourceAnswers(at: start + .seconds(510))
        #expect(brake.deadline == start + .seconds(560))
    }

    @Test mutating func heldEndpointsKeepTheirProfilesWhicheverWasLostFirst() {
        #expect(lose([profile(), profile("other")], of: 12) == (["open", "other"], []))
        #expect(lose(endpoints(1...12), of: 12, after: 1) == ([], names(1...12, "open")))
        #expect(brake.isHeld(profile().key))
        brake = MassDeleteBrake(limits: brake.limits)
        #expect(lose([profile(), profile("other")] + endpoints(1...12), of: 12) == (["other"], names(1...12, "open")))
        brake = MassDeleteBrake(limits: brake.limits)
        #expect(lose(endpoints(1...12), of: 12).held == names(1...12))
        #expect(lose([profile(), profile("other")], of: 0, after: 50) == (["other"], ["open"]))
    }

    @Test mutating func aHeldProfileGoesWithTheLastEndpointThatNeedsIt() {
        _ = lose([profile()] + endpoints(1...12), of: 12)
        for number in 1...11 { #expect(brake.returned(endpoint(number).key, at: start) == []) }
        #expect(brake.returned(endpoint(12).key, at: start) == [profile().key])
        #expect(!brake.isHeld(profile().key))
    }

    /// A policy less may open an endpoint, whichever it selects.
    @Test mutating func heldEndpointsKeepAllPoliciesAndWhatTheseRestOn() {
        let judges: [Resource] = [
            .networkPolicy(NetworkPolicy(metadata: Metadata(name: "deny"), namespace: nil)),
            .tier(Tier(metadata: Metadata(name: "first"))),
            .networkSet(NetworkSet(metadata: Metadata(name: "bad"), namespace: nil)),
            .namespace(Namespace(metadata: Metadata(name: "default"))),
        ]
        #expect(lose(judges, of: 12) == (["bad", "default", "deny", "first"], []))
        let held = names(1...12, "bad", "default", "deny", "first")
        #expect(lose(endpoints(1...12), of: 12) == ([], held))
        #expect(judges.allSatisfy { brake.isHeld($0.key) })

        #expect(brake.returned(judges[0].key, at: start).isEmpty)
        #expect(!brake.isHeld(judges[0].key))
        // Nothing of them is left once no endpoint is held.
        for number in 1...11 { #expect(brake.returned(endpoint(number).key, at: start).isEmpty) }
        #expect(Set(brake.returned(endpoint(12).key, at: start)) == Set(judges.dropFirst().map(\.key)))
        #expect(!judges.contains { brake.isHeld($0.key) })
    }

    @Test mutating func aHeldEndpointGoesWithItsInterfaceAndWhenThatIsMadeAnew() {
        _ = lose([profile()] + endpoints(1...12), of: 12)
        #expect(brake.believeGone { _ in .there(1) } == [])
        #expect(brake.believeGone { $0.interfaceName.rawValue == "cali1" ? .gone : .there(1) } == [endpoint(1).key])
        #expect(brake.believeGone { $0.interfaceName.rawValue == "cali2" ? .there(2) : .there(1) } == [endpoint(2).key])
        #expect(brake.heldCount == 10)
        #expect(Set(brake.believeGone { _ in .gone }.map(\.name)) == Set(names(3...12, "open")))
        #expect(!brake.isHolding)
    }

    @Test mutating func whatIsAwaitedMayComeAndThenGo() {
        let verdict = brake.judge(endpoints(1...12), gained: [], others: 0, at: start) { _ in .awaited }
        #expect(verdict.held.count == 12)
        #expect(brake.believeGone { _ in .there(7) } == [])
        #expect(brake.believeGone { _ in .gone }.count == 12)
    }

    @Test mutating func whatIsConfirmedGoesAndIsForgotten() {
        _ = lose([profile()] + endpoints(1...12), of: 12)
        #expect(Set(brake.believeAll().map(\.name)) == Set(names(1...12, "open")))
        #expect(!brake.isHolding)
        #expect(lose(endpoints(13...13), of: 1, after: 1) == (["e13"], []))
    }
}
