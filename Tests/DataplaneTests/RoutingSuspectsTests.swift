import NetworkValues
import Resources
import Routing
import Testing

@testable import Dataplane

/// What is looked at when a link changes: what stands on it, and nothing of other endpoints.
struct RoutingSuspectsTests {
    private var model = DataplaneModel(options: DataplaneOptions(node: "node1"))
    private var kernel = FakeKernel()

    init() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "2001:db8::2"]))
        model.put(endpoint("db", "cali2", ["10.65.0.3"]))
        model.setInterface(up(7), for: name("cali1"))
        model.setInterface(up(8), for: name("cali2"))
        try model.reconcile(with: &kernel)
    }

    @Test func onALinkStandsWhatItsEndpointHas() {
        let suspects = model.routing(on: name("cali1"), 7)
        #expect(suspects.routes.map { "\($0.destination)" }.sorted() == ["10.65.0.2/32", "2001:db8::2/128"])
        #expect(suspects.neighbours.map { "\($0.address)" }.sorted() == ["10.65.0.2", "2001:db8::2"])
        #expect(suspects.interfaces == [7])
        #expect(model.routing(on: name("cali1"), 9).isEmpty)
        #expect(model.routing(on: name("cali9"), 7).isEmpty)
    }

    @Test mutating func whatWentWithALinkIsNoLoss() throws {
        let suspects = model.routing(on: name("cali1"), 7)
        model.setInterface(nil, for: name("cali1"))
        model.update()
        #expect(model.tracker.observe(suspects, routes: [], neighbours: [:]).isEmpty)
        let plan = Planner.plan(model.tracker)
        #expect(plan.routing.isEmpty)
    }

    /// Of an endpoint that has gone itself.
    @Test mutating func whatIsLeftOnALinkIsDeletedLater() throws {
        let suspects = model.routing(on: name("cali1"), 7)
        model.remove(ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "web"))
        model.update()
        #expect(model.routing(on: name("cali1"), 7).routes == suspects.routes)
        #expect(model.tracker.observe(suspects, routes: suspects.routes, neighbours: [:]).isEmpty)
        #expect(Planner.plan(model.tracker).routing.count == suspects.routes.count)
    }

    @Test mutating func whatSomebodyTookIsToldAndOnlyThat() throws {
        let suspects = model.routing(on: name("cali1"), 7)
        var found = suspects.routes
        let gone = try #require(found.first { $0.family == .v4 })
        found.remove(gone)
        let entries = Dictionary(
            uniqueKeysWithValues: suspects.neighbours.map { id in
                (id, NeighbourEntry.permanent(MACAddress(rawValue: id.address.family == .v4 ? 9 : 0x0200_0000_0001)))
            })
        let drift = model.tracker.observe(suspects, routes: found, neighbours: entries)
        #expect(drift.map(\.change.rawValue).sorted() == ["altered", "deleted"])
        #expect(!model.tracker.routes.isSettled(gone))
        try model.reconcile(with: &kernel)
        #expect(model.tracker.hasPending == false)
    }

    @Test mutating func whatNobodyWantsIsForeign() throws {
        var suspects = RoutingSuspects()
        let added = options.workloadRoute(to: try IPPrefix(parsing: "10.65.0.9/32"), interfaceIndex: 7)
        suspects.routes = [added]
        #expect(model.tracker.observe(suspects, routes: [added], neighbours: [:]).map(\.change) == [.foreign])
        #expect(Planner.plan(model.tracker).routing == [.deleteRoute(added)])
    }
}
