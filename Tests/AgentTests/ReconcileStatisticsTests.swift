import Dataplane
import Datastore
import Resources
import Status
import Testing

@testable import Agent

struct ReconcileStatisticsTests {
    private let key = endpoint("a").key

    @Test func anEndpointIsAwaitedFromItsArrivalUntilItIsUp() {
        var statistics = ReconcileStatistics()
        statistics.received(key)
        #expect(Array(statistics.awaiting) == [key])
        _ = statistics.settle(key, state(.pending))
        #expect(Array(statistics.awaiting) == [key])
        #expect(statistics.programmed[key] == nil)
        _ = statistics.settle(key, state(.up))
        #expect(Array(statistics.awaiting) == [])
        #expect(statistics.programmed[key] != nil)
    }

    @Test func theFirstTimeUpCountsUntilANewVersionComes() throws {
        var statistics = ReconcileStatistics()
        statistics.received(key)
        _ = statistics.settle(key, state(.up))
        let first = try #require(statistics.programmed[key])
        _ = statistics.settle(key, state(.down))
        _ = statistics.settle(key, state(.up))
        #expect(statistics.programmed[key]?.after == first.after)
        statistics.received(key)
        #expect(statistics.programmed[key] == nil)
        _ = statistics.settle(key, state(.up))
        #expect(statistics.programmed[key] != nil)
    }

    @Test func aProfileIsNotAwaited() {
        var statistics = ReconcileStatistics()
        statistics.received(ResourceKey(kind: .profile, namespace: nil, name: "open"))
        #expect(Array(statistics.awaiting) == [])
    }

    @Test func onlyAnotherPhaseIsNews() {
        var statistics = ReconcileStatistics()
        let phases: [EndpointState.Phase] = [.pending, .pending, .up, .up, .down, .up]
        let news = phases.map { statistics.settle(key, state($0)) }
        #expect(news == [true, false, true, false, true, true])
        statistics.removed(key)
        let isNewsAgain = statistics.settle(key, state(.up))
        #expect(isNewsAgain)
    }

    @Test func theLatestTwentyRepairsAreKeptNewestFirst() {
        var statistics = ReconcileStatistics()
        for number in 1...25 {
            statistics.repaired("route \(number)", number == 25 ? .foreign : .deleted)
        }
        #expect(statistics.repairs == 25)
        #expect(statistics.lastRepairs.map(\.object) == (6...25).reversed().map { "route \($0)" })
        #expect(statistics.lastRepairs.first?.change == .foreign)
        #expect(statistics.lastRepairs.last?.change == .deleted)
    }

    @Test func everyKindOfDriftHasAName() {
        for (change, name) in [
            (Drift.Change.deleted, StatusReport.Repair.Change.deleted), (.altered, .altered), (.foreign, .foreign),
        ] {
            var statistics = ReconcileStatistics()
            statistics.repaired("route", change)
            #expect(statistics.lastRepairs.map(\.change) == [name])
        }
    }

    @Test func aSourceCountsAsInSyncUntilItIsLost() throws {
        var statistics = ReconcileStatistics()
        statistics.sourceChanged(.syncing)
        #expect(statistics.lastInSync == nil)
        statistics.sourceChanged(.inSync)
        let synced = try #require(statistics.lastInSync)
        statistics.sourceChanged(.lost(reason: "gone"))
        let lost = try #require(statistics.lastInSync)
        #expect(lost > synced)
        // From then on it ages.
        statistics.sourceChanged(.lost(reason: "still gone"))
        statistics.sourceChanged(.syncing)
        #expect(statistics.lastInSync == lost)
    }

    @Test func appliesAreCountedWithTheLastOnesTime() {
        var statistics = ReconcileStatistics()
        #expect(statistics.lastApply == nil)
        statistics.applied(.milliseconds(5))
        statistics.applied(.milliseconds(3))
        #expect(statistics.applies == 2)
        #expect(statistics.lastApply == .milliseconds(3))
    }

    @Test func applyAndRepairFiguresAreKeptForMetrics() {
        var statistics = ReconcileStatistics()
        statistics.applied(.seconds(3))
        statistics.applied(.milliseconds(3))
        statistics.repaired("route", .altered)
        statistics.repaired("route", .altered)
        #expect(statistics.figures.applies.count == 2)
        #expect(statistics.figures.firstApply == 3)
        #expect(statistics.figures.repairs == [.altered: 2])
    }

    @Test func programmingIsMeasuredOncePerVersion() {
        var statistics = ReconcileStatistics()
        statistics.received(key)
        for phase in [EndpointState.Phase.pending, .up, .down, .up] {
            _ = statistics.settle(key, state(phase))
        }
        #expect(statistics.figures.programming.count == 1)
        statistics.received(key)
        _ = statistics.settle(key, state(.up))
        #expect(statistics.figures.programming.count == 2)
    }

    @Test func waitingForAnInterfaceIsNoProgramming() throws {
        var statistics = ReconcileStatistics()
        statistics.received(key)
        _ = statistics.settle(key, state(.pending), waitsForOthers: true)
        statistics.beginRound()
        _ = statistics.settle(key, state(.up))
        let whole = try #require(statistics.programmed[key]).after
        #expect(statistics.figures.programming.count == 1)
        #expect(statistics.figures.programming.sum <= whole.statusSeconds)

        // Pending for want of us counts from the resource on.
        var slow = ReconcileStatistics()
        slow.received(key)
        _ = slow.settle(key, state(.pending))
        slow.beginRound()
        _ = slow.settle(key, state(.up))
        #expect(try #require(slow.programmed[key]).after.statusSeconds <= slow.figures.programming.sum + 0.000_001)
    }

    @Test func aReturnIsCountedAndTheLastErrorStays() {
        var statistics = ReconcileStatistics()
        let first = [.snapshotBegins, .rejections([]), .inSync].map { statistics.heard($0) }
        #expect(first == [nil, nil, nil])
        #expect(statistics.reconnects == 0)
        #expect(statistics.lastSourceError == nil)
        // The second is another reason for the same absence.
        let lost = [.lost(reason: "refused"), .lost(reason: "no route")].map { statistics.heard($0) }
        #expect(lost == [nil, nil])
        #expect(statistics.reconnects == 0)
        #expect(statistics.lastSourceError?.message == "no route")
        // The second is no return: listed again after a compaction.
        let found = [DatastoreEvent.inSync, .inSync].map { statistics.heard($0) }
        #expect(found[0].map { $0 > .zero } == true)
        #expect(found[1] == nil)
        #expect(statistics.reconnects == 1)
        #expect(statistics.lastSourceError?.message == "no route")
    }

    @Test func everyReadingFromTheStartIsCountedOnce() {
        var statistics = ReconcileStatistics()
        let counts = [.snapshotBegins, .inSync, .lost(reason: "gone"), .inSync, .inSync, .snapshotBegins, .inSync].map {
            (event: DatastoreEvent) in
            _ = statistics.heard(event)
            return statistics.figures.sourceReadings
        }
        #expect(counts == [1, 1, 1, 2, 3, 4, 4])
    }

    @Test func theSourcesStateIsTimedFromItsChange() {
        var statistics = ReconcileStatistics()
        statistics.sourceChanged(.inSync)
        let since = statistics.sourceSince
        statistics.sourceChanged(.inSync)
        #expect(statistics.sourceSince == since)
        statistics.sourceChanged(.lost(reason: "gone"))
        let lostSince = statistics.sourceSince
        #expect(lostSince > since)
        statistics.sourceChanged(.lost(reason: "gone, and for another reason"))
        #expect(statistics.sourceSince == lostSince)
    }
}
