import NetworkValues
import Resources
import Testing

@testable import Dataplane

struct ClaimsTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: options)

    private mutating func reconcile() throws {
        try model.reconcile(with: &kernel)
    }

    private func key(_ name: String) -> ResourceKey {
        ResourceKey(kind: .workloadEndpoint, namespace: "default", name: name)
    }

    @Test mutating func theSmallerNameWinsAnAddressAndItsRemovalPromotesTheOther() throws {
        for index: UInt32 in 1...2 {
            model.setInterface(up(index + 6), for: name("cali\(index)"))
        }
        model.put(endpoint("b", "cali2", ["10.65.0.2", "10.65.0.3"]))
        try reconcile()
        #expect(model.state("b")?.phase == .up)
        model.put(endpoint("a", "cali1", ["10.65.0.2"]))
        try reconcile()
        #expect(model.state("a")?.phase == .up)
        #expect(model.state("b")?.phase == .conflict)
        #expect(model.state("b")?.reason == "10.65.0.2 belongs to default/a")
        #expect(model.claims.hasContests)
        #expect(model.state("b")?.networks == [.conflict, .programmed])
        #expect(model.wantedRoutes() == ["10.65.0.2/32 7", "10.65.0.3/32 8", "169.254.1.1/32 1"])
        #expect(model.wanted(.source4).count == 2)
        model.remove(key("a"))
        try reconcile()
        #expect(model.state("b")?.phase == .up)
        #expect(model.wantedRoutes() == ["10.65.0.2/32 8", "10.65.0.3/32 8", "169.254.1.1/32 1"])
        #expect(!model.claims.hasContests)
    }

    @Test mutating func theOldestResourceWins() throws {
        model.put(endpoint("a", "cali1", ["10.65.0.2"]))
        model.put(endpoint("b", "cali2", ["10.65.0.2"], created: "2026-02-01T00:00:00Z"))
        model.put(endpoint("c", "cali3", ["10.65.0.2"], created: "2026-01-01T00:00:00Z"))
        try reconcile()
        #expect(model.claims.owner(of: IPPrefix(host: try #require(address("10.65.0.2")))) == key("c"))
    }

    @Test mutating func whoLosesItsInterfaceCompetesForNoAddress() throws {
        model.put(endpoint("a", "cali1", ["10.65.0.1"]))
        model.put(endpoint("b", "cali1", ["10.65.0.2"]))
        model.put(endpoint("c", "cali3", ["10.65.0.2"]))
        try reconcile()
        #expect(model.state("b")?.phase == .conflict)
        #expect(model.state("b")?.reason == "interface cali1 belongs to default/a")
        #expect(model.claims.owner(of: IPPrefix(host: try #require(address("10.65.0.2")))) == key("c"))
        model.remove(key("a"))
        try reconcile()
        #expect(model.claims.owner(of: IPPrefix(host: try #require(address("10.65.0.2")))) == key("b"))
        #expect(model.state("c")?.phase == .conflict)
    }

    @Test mutating func anExternalAddressIsClaimedLikeAnother() throws {
        model.put(endpoint("a", "cali1", ["10.65.0.1"], nats: [("10.65.0.1", "203.0.113.1")]))
        model.put(endpoint("b", "cali2", ["10.65.0.2"], nats: [("10.65.0.2", "203.0.113.1")]))
        try reconcile()
        #expect(model.state("b")?.nats == [.conflict])
        #expect(model.wanted(.dnat4) == [[203, 0, 113, 1]])
    }

    @Test mutating func oneThatYieldsLosesWhateverItsAgeAndWinsAgainOnceItYieldsNoMore() throws {
        for index: UInt32 in 1...2 {
            model.setInterface(up(index + 6), for: name("cali\(index)"))
        }
        model.put(endpoint("a", "cali1", ["10.65.0.2"]), yields: true)
        try reconcile()
        #expect(model.state("a")?.phase == .up)
        #expect(model.state("a")?.reason.hasPrefix("the source has lost it: held until margay confirm") == true)
        model.put(endpoint("b", "cali2", ["10.65.0.2"]))
        try reconcile()
        #expect(model.state("b")?.phase == .up)
        #expect(model.state("a")?.phase == .conflict)
        model.put(endpoint("a", "cali1", ["10.65.0.2"]))
        try reconcile()
        #expect(model.yielding == [])
        #expect(model.state("a")?.phase == .up)
        #expect(model.state("b")?.phase == .conflict)
        // Among those that yield the usual order holds.
        model.put(endpoint("a", "cali1", ["10.65.0.2"]), yields: true)
        model.put(endpoint("b", "cali2", ["10.65.0.2"]), yields: true)
        try reconcile()
        #expect(model.state("a")?.phase == .up)
        model.remove(key("a"))
        #expect(model.yielding == [key("b")])
    }
}
