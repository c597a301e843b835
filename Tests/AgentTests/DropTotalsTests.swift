import DataplaneLinux
import Testing

@testable import Agent

struct DropTotalsTests {
    private var totals = DropTotals()

    @Test mutating func whatWasThereBeforeTheFirstReadingIsNotCounted() {
        totals.take(["cali1": [.mac: 100]])
        #expect(totals.totals == [:])
        totals.take(["cali1": [.mac: 103, .ip: 2]])
        #expect(totals.totals[.mac] == 3)
        #expect(totals.totals[.ip] == 2)
    }

    @Test mutating func anEndpointThatGoesTakesNothingAlong() {
        totals.take([:])
        totals.take(["cali1": [.mac: 5], "cali2": [.mac: 7]])
        totals.take(["cali2": [.mac: 8]])
        #expect(totals.totals[.mac] == 13)
        // It comes back and counts from zero.
        totals.take(["cali1": [.mac: 6], "cali2": [.mac: 8]])
        #expect(totals.totals[.mac] == 19)
    }

    @Test mutating func aCounterThatWasMadeAnewGoesOn() {
        totals.take([:])
        totals.take(["cali1": [.policy: 50]])
        totals.take(["cali1": [.policy: 4]])
        #expect(totals.totals[.policy] == 54)
        totals.take(["cali1": [.policy: 4]])
        #expect(totals.totals[.policy] == 54)
    }
}
