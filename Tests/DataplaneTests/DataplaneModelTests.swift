import NetworkValues
import Nftables
import Resources
import Routing
import Testing

@testable import Dataplane

struct DataplaneModelTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: options)

    @Test mutating func anEndpointIsUpOnceItIsReadBackAndNotBefore() throws {
        model.put(profile("open", egress: [Rule(action: .allow)]))
        model.put(endpoint("web", "cali1", ["10.65.0.2"], nats: [("10.65.0.2", "203.0.113.2")]))
        model.setInterface(up(7), for: name("cali1"))
        model.update()
        #expect(model.state("web")?.phase == .pending)
        #expect(model.state("web")?.filter == .missing)
        #expect(model.state("web")?.networks == [.pending])
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        #expect(model.state("web")?.reason == "")
        #expect(model.state("web")?.filter == .enforced)
        #expect(model.state("web")?.networks == [.programmed])
        #expect(model.state("web")?.nats == [.programmed])
        #expect(model.wantedRoutes() == ["10.65.0.2/32 7", "169.254.1.1/32 1", "203.0.113.2/32 7"])
    }

    @Test mutating func theFilterStandsBeforeTheInterfaceAppears() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .pending)
        #expect(model.state("web")?.reason == "interface cali1 does not exist")
        #expect(model.state("web")?.filter == .enforced)
        #expect(model.wantedRoutes() == ["169.254.1.1/32 1"])
        #expect(model.wanted(.source4).count == 1)
    }

    @Test mutating func aLinkThatGoesDownTakesRoutesAndOnlyThose() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        model.setInterface(InterfaceState(index: 7, isUp: false, isRunning: false), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .down)
        #expect(model.wantedRoutes() == ["169.254.1.1/32 1"])
        #expect(model.wanted(.source4).count == 1)
    }

    @Test mutating func anInterfaceMadeAnewIsProgrammedAnew() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(kernel.snapshot.sysctls[.interface(name("cali1"), .v4, .proxyARP)] == "1")
        model.setInterface(up(8), for: name("cali1"))
        model.update()
        // The new interface has the kernel's defaults, whatever the old one had.
        #expect(Planner.plan(model.tracker).sysctls.contains { $0.id == .interface(name("cali1"), .v4, .proxyARP) })
        try model.reconcile(with: &kernel)
        #expect(model.wantedRoutes() == ["10.65.0.2/32 8", "169.254.1.1/32 1"])
        #expect(kernel.snapshot.routes.count == 2)
    }

    @Test mutating func aRenamedInterfaceLeavesItsFormerName() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.put(endpoint("other", "cali2", ["10.65.0.3"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        // The kernel announces the new name and says nothing of the old one.
        let matters = model.setInterface(up(7), for: name("cali2"))
        #expect(matters)
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .pending)
        #expect(model.state("other")?.phase == .up)
        #expect(model.wantedRoutes() == ["10.65.0.3/32 7", "169.254.1.1/32 1"])
    }

    @Test mutating func otherNodesEndpointsAreLeftOut() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"], node: "node2"))
        try model.reconcile(with: &kernel)
        #expect(model.endpoints.isEmpty)
        #expect(model.wanted(.endpoints).isEmpty)
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        #expect(model.wanted(.endpoints).count == 1)
        model.put(endpoint("web", "cali1", ["10.65.0.2"], node: "node2"))
        try model.reconcile(with: &kernel)
        #expect(model.wanted(.endpoints).isEmpty)
    }

    @Test mutating func anUnenforceableMACClosesTheEndpoint() throws {
        model.put(endpoint("web", "cali1", mac: "02:00:00:11:22:00:00:01", ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .blocked)
        #expect(model.state("web")?.filter == .unenforceable)
        #expect(model.wanted(.source4).isEmpty && model.wanted(.bare).isEmpty && model.wanted(.macs).isEmpty)
        #expect(model.wanted(.endpoints).count == 1)
        #expect(model.wantedRoutes() == ["169.254.1.1/32 1"])
        let chain = try #require(model.tracker.chains.desired(ChainID(.margay, "from-cali1")))
        #expect(chain.rules.last?.expressions.last == .verdict(.goto("deny-egress")))
    }

    @Test mutating func withoutAMACInterfaceAndAddressAreChecked() throws {
        model.put(endpoint("web", "cali1", mac: nil, ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        #expect(model.state("web")?.filter == .absent)
        #expect(model.wanted(.bare4).count == 1 && model.wanted(.source4).isEmpty)
        #expect(kernel.snapshot.neighbours.isEmpty)
    }

    @Test mutating func whatIsNotThereYetSaysSoInTheReason() throws {
        var withoutIPv6 = HostFacts()
        withoutIPv6.families = [.v4]
        model.setHost(withoutIPv6)
        model.put(endpoint("web", "cali1", ["10.65.0.2", "2001:db8::2"], profiles: ["gone"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .error)
        #expect(model.state("web")?.networks == [.programmed, .error])
        model.put(endpoint("web", "cali1", ["10.65.0.2"], profiles: ["gone"]))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        #expect(model.state("web")?.reason == "profile gone does not exist and allows nothing")
        model.put(endpoint("web", "cali1", ["10.65.0.2"], profiles: []))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.reason == "no profiles and no policy: closed in both directions")
    }

    @Test mutating func endpointsWithTheSameProfilesShareTheirChains() throws {
        model.put(profile("a"))
        for index in 1...3 {
            model.put(
                endpoint("w\(index)", "cali\(index)", ["10.65.0.\(index)"], profiles: index == 3 ? ["b", "a"] : ["a"]))
        }
        try model.reconcile(with: &kernel)
        let groups = kernel.snapshot.tables.chains.keys.map(\.name).filter { $0.hasPrefix("group-") }
        #expect(groups.count == 4)
        model.remove(ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "w3"))
        model.remove(ResourceKey(kind: .profile, namespace: nil, name: "a"))
        try model.reconcile(with: &kernel)
        let left = kernel.snapshot.tables.chains.keys.map(\.name).filter {
            $0.hasPrefix("group-") || $0.hasPrefix("profile-")
        }
        #expect(Set(left) == ["group-1-a-egress", "group-1-a-ingress"])
    }

    @Test mutating func theSharedLayoutHasNoChainsPerEndpoint() throws {
        var shared = options
        shared.chainLayout = .shared
        var model = DataplaneModel(options: shared)
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        #expect(!kernel.snapshot.tables.chains.keys.contains { $0.name.contains("cali1") })
        let element = Element(ElementKey([Value(name("cali1"))]))
        #expect(
            kernel.snapshot.tables.elements[ElementID(KnownSet.from.id, element)]
                == .verdict(.jump("group-1-open-egress")))
    }

    /// Of thousands of endpoints the sets come first, in parts, to a table whose chains nobody meets yet.
    @Test mutating func aLargeStartIsSeveralTransactions() throws {
        var shared = options
        shared.chainLayout = .shared
        var model = DataplaneModel(options: shared)
        for number in 1...3000 {
            model.put(endpoint("w\(number)", "cali\(number)", ["10.65.\(number / 250).\(number % 250)"]))
        }
        model.update()
        let plan = Planner.plan(model.tracker)
        let (loading, last) = (plan.transactions.dropLast().flatMap(\.operations), plan.transaction.operations)
        #expect(plan.transactions.count > 2)
        for operation in loading {
            switch operation {
            case .addTable, .addSet: break
            case .addElements(_, _, let elements):
                let hasTargets = elements.contains { !$0.isUntargeted }
                #expect(!hasTargets)
            default: Issue.record("\(operation.words) while the table is loaded")
            }
        }
        // What leads packets anywhere comes with the chains, in one.
        #expect(last.contains { if case .addChain(_, let chain) = $0 { chain.base != nil } else { false } })
        #expect(last.count { if case .addElements(.margay, "from", _) = $0 { true } else { false } } == 1)
        try kernel.execute(plan)
        model.observe(kernel.snapshot)
        #expect(
            !model.tracker.elements.hasPending && !model.tracker.chains.hasPending && !model.tracker.sets.hasPending)
        #expect(kernel.snapshot.tables.elements.keys.count { $0.set == KnownSet.endpoints.id } == 3000)

        // Where the table stands, everything is one transaction, however much there is.
        for number in 3001...6000 {
            model.put(endpoint("w\(number)", "cali\(number)", ["10.65.\(number / 250).\(number % 250)"]))
        }
        model.update()
        #expect(Planner.plan(model.tracker).transactions.count == 1)
    }

    @Test mutating func chainsStandBeforePacketsAreLedToThem() throws {
        var shared = options
        shared.chainLayout = .shared
        var model = DataplaneModel(options: shared)
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.update()
        #expect(Planner.plan(model.tracker).preparation.isEmpty, "no packet meets a table that is not there")
        try model.reconcile(with: &kernel)

        // In each case the fake kernel refuses an element before its chain.
        model.put(endpoint("web", "cali1", ["10.65.0.2"], profiles: ["strict"]))
        model.update()
        #expect(!Planner.plan(model.tracker).preparation.isEmpty)
        try model.reconcile(with: &kernel)
        model.put(endpoint("db", "cali2", ["10.65.0.3"], profiles: ["strict"]))
        model.update()
        #expect(Planner.plan(model.tracker).preparation.isEmpty, "the group's chains are there")
        try model.reconcile(with: &kernel)
        model.put(endpoint("cache", "cali3", ["10.65.0.4"], profiles: ["other"]))
        model.update()
        #expect(Planner.plan(model.tracker).preparation.isEmpty, "nothing led packets of this interface anywhere")
        try model.reconcile(with: &kernel)
        var later = DataplaneModel(options: options)
        later.observe(kernel.snapshot)
        later.put(endpoint("web", "cali1", ["10.65.0.2"]))
        later.put(profile("open", ingress: [Rule(action: .allow)]))
        try later.reconcile(with: &kernel)
        #expect(!later.tracker.hasPending)
        #expect(Planner.plan(later.tracker).isEmpty)
    }

    @Test mutating func whatALaterConfigurationDoesNotWantGoes() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        var changed = options
        changed.filtersARP = false
        changed.filtersDHCP = false
        changed.natOutbound = false
        var later = DataplaneModel(options: changed)
        later.put(endpoint("web", "cali1", ["10.65.0.2"]))
        later.observe(kernel.snapshot)
        try later.reconcile(with: &kernel)
        #expect(Array(kernel.snapshot.tables.states.keys) == [.margay])
        #expect(kernel.snapshot.tables.chains[ChainID(.margay, "drop-dhcp")] == nil)
        var fresh = DataplaneModel(options: changed)
        var freshKernel = FakeKernel()
        fresh.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try fresh.reconcile(with: &freshKernel)
        #expect(kernel.snapshot == freshKernel.snapshot)
    }

    @Test mutating func whatAnEarlierAgentLeftIsHeldUntilItIsLetGo() throws {
        model.put(profile("open", ingress: [Rule(action: .allow)], egress: [Rule(action: .allow)]))
        model.put(endpoint("web", "cali1", ["10.65.0.2"], nats: [("10.65.0.2", "203.0.113.2")]))
        model.put(endpoint("db", "cali2", ["10.65.0.3"]))
        model.setInterface(up(7), for: name("cali1"))
        model.setInterface(up(8), for: name("cali2"))
        try model.reconcile(with: &kernel)
        let before = kernel.snapshot

        // A later agent cannot read the profile nor one endpoint.
        var later = DataplaneModel(options: options)
        later.put(endpoint("db", "cali2", ["10.65.0.3"]))
        later.setInterface(up(7), for: name("cali1"))
        later.setInterface(up(8), for: name("cali2"))
        later.update()
        later.observe(kernel.snapshot)
        later.holdUnwanted()
        #expect(later.isHolding)
        try later.reconcile(with: &kernel)
        let isUntouched = kernel.snapshot == before
        #expect(isUntouched)

        // What is taken away meanwhile goes, and takes nothing along that is held.
        later.remove(ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "db"))
        try later.reconcile(with: &kernel)
        #expect(!later.tracker.hasPending)
        #expect(!later.wanted(.endpoints).contains(Value(name("cali2")).bytes))
        #expect(later.wanted(.endpoints).contains(Value(name("cali1")).bytes))
        later.put(endpoint("db", "cali2", ["10.65.0.3"]))

        // What becomes known meanwhile counts.
        later.put(endpoint("new", "cali3", ["10.65.0.2"]))
        later.put(profile("open"))
        try later.reconcile(with: &kernel)
        later.release()
        try later.reconcile(with: &kernel)
        #expect(!later.isHolding)
        var fresh = DataplaneModel(options: options)
        var freshKernel = FakeKernel()
        fresh.put(endpoint("db", "cali2", ["10.65.0.3"]))
        fresh.put(endpoint("new", "cali3", ["10.65.0.2"]))
        fresh.put(profile("open"))
        fresh.setInterface(up(8), for: name("cali2"))
        try fresh.reconcile(with: &freshKernel)
        let isAsFresh = kernel.snapshot.tables == freshKernel.snapshot.tables
        #expect(isAsFresh)
        #expect(kernel.snapshot.routes == freshKernel.snapshot.routes)
    }

    @Test mutating func whereNothingIsLeftOverNothingIsHeld() throws {
        model.put(profile("open"))
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.update()
        model.observe(kernel.snapshot)
        model.holdUnwanted()
        #expect(!model.isHolding)
        try model.reconcile(with: &kernel)
        var later = DataplaneModel(options: options)
        later.put(profile("open"))
        later.put(endpoint("web", "cali1", ["10.65.0.2"]))
        later.update()
        later.observe(kernel.snapshot)
        later.holdUnwanted()
        #expect(!later.isHolding)
    }

    @Test mutating func aDormantTableIsReplaced() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        kernel.tamper { $0.tables.states[.margay] = TableState(.dormant) }
        let drift = model.observe(kernel.snapshot)
        #expect(drift == [Drift(object: .table(.margay), change: .altered)])
        try model.reconcile(with: &kernel)
        #expect(kernel.snapshot.tables.states[.margay] == .open)
        #expect(!model.tracker.hasPending)
    }

    @Test mutating func aSetThatIsTooSmallIsMadeAnewWithAllItsElements() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        try model.reconcile(with: &kernel)
        let complete = kernel.snapshot.tables
        let target = ElementID(KnownSet.to.id, Element(ElementKey([Value(name("cali1"))])))
        kernel.tamper { snapshot in
            snapshot.tables.sets[KnownSet.endpoints.id] = KnownSet.endpoints.definition(size: 7)
            snapshot.tables.elements[target] = nil
        }
        model.observe(kernel.snapshot)
        // The fake kernel refuses sets in another order than theirs.
        try model.reconcile(with: &kernel)
        let isAsBefore = kernel.snapshot.tables == complete
        #expect(isAsBefore)
        #expect(!model.tracker.hasPending)
    }

    @Test mutating func rangesOfAPlainIntervalSetChangeWithThatSetAlone() throws {
        var excluding = options
        excluding.natExcludedNetworks = [try IPPrefix(parsing: "10.0.0.0/8")]
        var model = DataplaneModel(options: excluding)
        try model.reconcile(with: &kernel)
        excluding.natExcludedNetworks = [try IPPrefix(parsing: "10.0.0.0/7")]
        var later = DataplaneModel(options: excluding)
        later.update()
        later.observe(kernel.snapshot)
        let plan = Planner.plan(later.tracker)
        #expect(!plan.replacesTables)
        #expect(plan.touchedSets == [KnownSet.natExcluded4.id])
        #expect(plan.touchedChains == [ChainID(.margay, "nat-postrouting")])
        try later.reconcile(with: &kernel)
        #expect(!later.tracker.hasPending)
        #expect(later.wanted(.natExcluded4) == [[0, 0, 0, 0], [10, 0, 0, 0], [12, 0, 0, 0]])
    }

    @Test mutating func aForeignMapThatLeadsToAForeignChainGoesWithIt() throws {
        try model.reconcile(with: &kernel)
        kernel.tamper { kernel in
            let map = NamedSet("ways", key: [.ipv4Address], mapping: .verdict)
            let element = Element(ElementKey(bytes: [10, 65, 0, 7]), target: .verdict(.goto("stray")))
            kernel.tables.chains[ChainID(.margay, "stray")] = ChainContents(base: nil, rules: [])
            kernel.tables.sets[SetID(.margay, "ways")] = map
            kernel.tables.elements[ElementID(SetID(.margay, "ways"), element)] = element.target
        }
        model.observe(kernel.snapshot)
        try model.reconcile(with: &kernel)
        #expect(kernel.snapshot.tables.sets[SetID(.margay, "ways")] == nil)
        #expect(kernel.snapshot.tables.chains[ChainID(.margay, "stray")] == nil)
    }

    @Test mutating func setsGrowWithTheirElements() throws {
        model.put(endpoint("w0", "cali0", ["10.65.0.0"]))
        try model.reconcile(with: &kernel)
        for index in 0..<3100 {
            model.put(endpoint("w\(index)", "cali\(index)", ["10.65.\(index / 250).\(index % 250)"]))
        }
        model.update()
        // Sets that need not grow stay, with what they have counted.
        let plan = Planner.plan(model.tracker)
        #expect(!plan.replacesTables)
        #expect(plan.touchedSets.contains(KnownSet.source4.id))
        #expect(!plan.touchedSets.contains(KnownSet.bare4.id))
        #expect(kernel.snapshot.tables.sets[KnownSet.source4.id]?.size == 3072)
        #expect(kernel.snapshot.tables.sets[KnownSet.from.id]?.size == 768)
        try model.reconcile(with: &kernel)
        #expect(!model.tracker.hasPending)
        for set in [KnownSet.source4, .from, .to] {
            #expect(kernel.snapshot.tables.sets[set.id]?.size == 6144, "\(set)")
        }
        // A later agent takes the large set as it is.
        var later = DataplaneModel(options: options)
        later.put(endpoint("w0", "cali0", ["10.65.0.0"]))
        later.update()
        later.observe(kernel.snapshot)
        #expect(!Planner.plan(later.tracker).touchedSets.contains(KnownSet.source4.id))
    }

    @Test mutating func driftIsToldByKindAndRepaired() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(up(7), for: name("cali1"))
        try model.reconcile(with: &kernel)
        kernel.tamper { kernel in
            kernel.routes = kernel.routes.filter { $0.interfaceIndex == 1 }
            kernel.tables.chains[ChainID(.margay, "from-cali1")] = ChainContents(base: nil, rules: [])
            kernel.tables.chains[ChainID(.margay, "foreign")] = ChainContents(base: nil, rules: [])
        }
        let drift = model.observe(kernel.snapshot)
        #expect(drift.map(\.change).sorted { $0.rawValue < $1.rawValue } == [.altered, .deleted, .foreign])
        #expect(model.state("web")?.phase != .up)
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
    }
}
