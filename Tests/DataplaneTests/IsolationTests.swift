import Testing

@testable import Dataplane

struct IsolationTests {
    /// Asks about the numbers from 0 up to `count`, of which the kernel refuses some, or some together.
    private func isolate(
        _ count: Int, trials: Int = 100, _ refuses: (Set<Int>) -> Bool
    ) -> (culprits: Set<Int>?, trials: Int) {
        var asked = 0
        let found = Isolation.culprits(among: Array(0..<count), trials: trials) { leftOut in
            asked += 1
            return refuses(Set(0..<count).subtracting(leftOut)) ? "no" : nil
        }
        return (found.map { Set($0.keys) }, asked)
    }

    @Test func theOneIsFoundWithFewTrials() {
        for culprit in [0, 1, 499, 998, 999] {
            let result = isolate(1000) { $0.contains(culprit) }
            #expect(result.culprits == [culprit])
            #expect(result.trials <= 22)
        }
    }

    @Test func severalAreFound() {
        let bad: Set<Int> = [3, 4, 700]
        #expect(isolate(1000) { !$0.isDisjoint(with: bad) }.culprits == bad)
        #expect(isolate(3) { !$0.isEmpty }.culprits == [0, 1, 2])
    }

    /// Of two that are refused together only one is left out.
    @Test func whatIsRefusedTogetherOnlyCostsOne() {
        #expect(isolate(100) { $0.isSuperset(of: [10, 80]) }.culprits == [80])
    }

    /// 5 leads to what 2 brings.
    @Test func whatStandsOnACulpritGoesWithIt() {
        #expect(isolate(8) { $0.contains(2) || $0.contains(5) && !$0.contains(2) }.culprits == [2, 5])
        #expect(isolate(8) { $0.contains(5) && !$0.contains(2) }.culprits == [])
    }

    @Test func whatIsRefusedWithoutAnyIsNobodys() {
        #expect(isolate(8) { _ in true }.culprits == nil)
        #expect(isolate(0) { _ in true }.culprits == nil)
        #expect(isolate(0) { _ in false }.culprits == [])
    }

    @Test func whatPassesMeanwhileHasNoCulprits() {
        #expect(isolate(8) { _ in false } == ([], 2))
    }

    @Test func trialsHaveAnEnd() {
        let result = isolate(1000, trials: 20) { !$0.isEmpty }
        #expect(result.trials == 20)
        #expect(result.culprits?.count == 1000)
    }
}

private func == (left: (culprits: Set<Int>?, trials: Int), right: (Set<Int>, Int)) -> Bool {
    left.culprits == right.0 && left.trials == right.1
}
