import NetworkValues
import Nftables
import Routing
import Testing

@testable import Dataplane

/// What is found where somebody was, and nowhere else.
struct TouchedObjectsTests {
    private var model = DataplaneModel(options: DataplaneOptions(node: "node1"))
    private var kernel = FakeKernel()

    init() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
    }

    private let chain = ChainID(.margay, "from-cali1")

    private mutating func observe(
        _ touched: TouchedObjects, _ tamper: (inout TableSnapshot) -> Void
    ) -> [Drift] {
        kernel.tamper { tamper(&$0.tables) }
        var seen = kernel.snapshot.tables
        // Only what is asked for is read.
        seen.states = seen.states.filter { touched.tables.contains($0.key) }
        seen.chains = seen.chains.filter { touched.contains($0.key) }
        seen.sets = seen.sets.filter { touched.contains($0.key) }
        seen.elements = seen.elements.filter { touched.contains($0.key.set) }
        return model.tracker.observe(seen, of: touched)
    }

    @Test mutating func ofWhatWasTouchedIsToldWhatDiffers() throws {
        var touched = TouchedObjects()
        touched.chains = [chain, ChainID(.margay, "intruder")]
        touched.sets = [KnownSet.from.id]
        let chain = chain
        let drift = observe(touched) { tables in
            tables.chains[chain] = ChainContents(base: nil, rules: [])
            tables.chains[ChainID(.margay, "intruder")] = ChainContents(base: nil, rules: [])
            tables.elements = tables.elements.filter { $0.key.set != KnownSet.from.id }
        }
        #expect(drift.map(\.change.rawValue).sorted() == ["altered", "deleted", "foreign"])
        #expect(model.state("web")?.phase != .up)
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        #expect(model.tracker.hasPending == false)
    }

    @Test mutating func whatWasNotTouchedIsBelievedAsBefore() {
        var touched = TouchedObjects()
        touched.chains = [chain]
        #expect(observe(touched) { _ in }.isEmpty)
        #expect(!model.tracker.hasPending)
    }

    @Test mutating func aTableThatIsGoneIsOneLoss() throws {
        var touched = TouchedObjects()
        touched.tables = [.margay]
        let drift = observe(touched) { tables in
            tables.states[.margay] = nil
            tables.sets = tables.sets.filter { $0.key.table != .margay }
            tables.chains = tables.chains.filter { $0.key.table != .margay }
            tables.elements = tables.elements.filter { $0.key.set.table != .margay }
        }
        #expect(drift == [Drift(object: .table(.margay), change: .deleted)])
        // Few elements come back at once with all else.
        #expect(model.closing() == nil)
        try model.reconcile(with: &kernel)
        #expect(!model.tracker.hasPending)
    }

    @Test mutating func thousandsOfEndpointsAreClosedBeforeTheyAreOpened() throws {
        for number in 0..<400 {
            model.put(endpoint("w\(number)", "cali\(number + 100)", ["10.66.\(number >> 8).\(number & 255)"]))
        }
        try model.reconcile(with: &kernel)
        kernel.tamper { $0.tables = TableSnapshot() }
        model.observe(kernel.snapshot)
        let closing = try #require(model.closing())
        #expect(closing.preparation.isEmpty && closing.routing.isEmpty && closing.sysctls.isEmpty)
        try kernel.execute(closing)
        let tables = kernel.snapshot.tables
        #expect(Set(tables.elements.keys.map(\.set)) == [KnownSet.endpoints.id, KnownSet.arpEndpoints.id])
        #expect(tables.elements.count == 2 * 401)
        #expect(tables.chains[ChainID(.margay, "source-filter")]?.rules.isEmpty == false)
        #expect(tables.chains[chain] == nil)
        model.observe(kernel.snapshot)
        try model.reconcile(with: &kernel)
        #expect(!model.tracker.hasPending)
    }

    @Test func onlyParametersThatAreSetAndContradictedAreLookedAtAgain() {
        func contradicted(
            _ family: IPFamily, _ scope: InterfaceParameters.Scope, forwarding: Int32? = nil, proxy: Int32? = nil
        ) -> [SysctlID] {
            model.contradicted(
                by: InterfaceParameters(family, scope, forwarding: forwarding, proxyNeighbours: proxy))
        }
        #expect(contradicted(.v4, .interface(7), proxy: 1).isEmpty)
        #expect(contradicted(.v4, .interface(7), proxy: 0) == [.interface(name("cali1"), .v4, .proxyARP)])
        #expect(contradicted(.v4, .interface(8), proxy: 0).isEmpty)
        #expect(contradicted(.v4, .standard, forwarding: 0).isEmpty)
    }
}
