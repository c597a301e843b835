import Testing

@testable import Dataplane

struct DeltaTrackerTests {
    /// Every way to reach every combination of wanted and actual values of one key.
    @Test func everySmallStateIsReachedFromEveryOther() {
        let values: [Int?] = [nil, 1, 2]
        for firstDesired in values {
            for firstActual in values {
                for desired in values {
                    for actual in values {
                        var tracker = DeltaTracker<String, Int>()
                        tracker.setDesired(firstDesired, for: "k")
                        tracker.setActual(firstActual, for: "k")
                        tracker.setActual(actual, for: "k")
                        tracker.setDesired(desired, for: "k")
                        expect(tracker, desired, actual)
                        tracker.setDesired(firstDesired, for: "k")
                        tracker.replaceActual(with: firstActual.map { ["k": $0] } ?? [:])
                        expect(tracker, firstDesired, firstActual)
                    }
                }
            }
        }
    }

    private func expect(_ tracker: DeltaTracker<String, Int>, _ desired: Int?, _ actual: Int?) {
        #expect(tracker.desired("k") == desired)
        #expect(tracker.actual("k") == actual)
        #expect(tracker.isSettled("k") == (desired != nil && desired == actual))
        #expect(tracker.pendingUpdates["k"] == (desired == actual ? nil : desired))
        #expect(tracker.pendingDeletions.map(\.key) == (desired == nil && actual != nil ? ["k"] : []))
        #expect(tracker.hasPending == (desired != actual))
        #expect(tracker.desiredCount == (desired == nil ? 0 : 1))
        #expect(tracker.actualCount == (actual == nil ? 0 : 1))
    }

    @Test func replacingTheActualTellsWhatChanged() {
        var tracker = DeltaTracker<String, Int>()
        tracker.replaceActual(with: ["same": 1, "altered": 1, "gone": 1])
        let changed = tracker.replaceActual(with: ["same": 1, "altered": 2, "new": 1])
        #expect(Set(changed) == ["altered", "gone", "new"])
    }

    @Test func markedKeysAreThoseOfMarkedValues() {
        var tracker = DeltaTracker<String, Int>(marking: { $0 > 1 })
        tracker.setDesired(1, for: "unmarked")
        tracker.setDesired(2, for: "wanted")
        tracker.setActual(3, for: "there")
        #expect(tracker.markedKeys == ["wanted", "there"])
        tracker.setDesired(nil, for: "wanted")
        #expect(tracker.markedKeys == ["there"])
    }
}
