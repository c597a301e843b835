import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

/// What of the source filter in the kernel is not as wanted, and which endpoints it concerns.
struct SourceFilterAuditTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: options)
    private static let foreign = Value(MACAddress(rawValue: 0x0200_0000_0666))

    init() throws {
        model.put(profile("open", egress: [Rule(action: .allow)]))
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.put(endpoint("db", "cali12", mac: "02:00:00:00:00:02", ["10.65.0.3"]))
        model.setInterface(up(7), for: name("cali1"))
        model.setInterface(up(8), for: name("cali12"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.filter == .enforced && model.state("db")?.filter == .enforced)
    }

    /// Somebody changes the kernel, and it is read again.
    private mutating func tamper(_ body: (inout DataplaneSnapshot) -> Void) {
        kernel.tamper(body)
        model.observe(kernel.snapshot)
    }

    private mutating func add(_ set: KnownSet, _ key: Value...) {
        tamper { $0.tables.elements[ElementID(set.id, Element(ElementKey(key)))] = Element.Target.none }
    }

    @Test mutating func anElementThatNobodyWantsOpensTheFilterOfItsInterfaceOnly() {
        add(.macs, Value(name("cali1")), Self.foreign)
        let state = model.state("web")
        #expect(state?.filter == .altered && state?.phase == .error)
        #expect(
            state?.reason
                == "source filter altered: element \"cali1\" . 02:00:00:00:06:66 of set inet margay macs was added")
        // Not of the one whose name begins alike.
        #expect(model.state("db")?.filter == .enforced && model.state("db")?.phase == .up)
    }

    @Test(arguments: [KnownSet.macs, .bare, .arpProbe, .arpBare, .source4, .wide4])
    mutating func whicheverSetItStandsIn(set: KnownSet) {
        add(set, Value(name("cali12")), Self.foreign)
        #expect(model.state("db")?.filter == .altered)
        #expect(model.state("web")?.filter == .enforced)
    }

    /// They count, translate, lead to policy or keep the host itself from answering.
    @Test mutating func elementsOfOtherSetsOpenNothing() {
        add(.dropsMAC, Value(name("cali9")))
        add(.arpOwn, Value(name("cali1")), Value(IPAddress(family: .v4, rawValue: 1)))
        #expect(model.state("web")?.filter == .enforced)
        for set in KnownSet.allCases where set.rawValue.hasPrefix("drops-") || set.rawValue.hasPrefix("nat") {
            #expect(!set.guardsSources, "\(set)")
        }
    }

    @Test(arguments: [KnownSet.macs, .source4, .endpoints, .arpEndpoints, .arpSender, .arpProbe])
    mutating func anElementThatIsMissingConcernsItsInterfaceOnly(set: KnownSet) {
        tamper { snapshot in
            for id in snapshot.tables.elements.keys
            where id.set == set.id && id.key.bytes.starts(with: Value(name("cali1")).bytes) {
                snapshot.tables.elements[id] = nil
            }
        }
        #expect(model.state("web")?.filter == .missing && model.state("web")?.phase == .pending)
        #expect(model.state("db")?.filter == .enforced)
    }

    private static let chains = [
        ChainID(.margay, "source-filter"), ChainID(.margay, "drop-mac"), .init(.margayARP, "input"),
    ]

    @Test(arguments: chains)
    mutating func aChainWithOtherRulesConcernsAll(chain: ChainID) {
        tamper { snapshot in
            let former = snapshot.tables.chains[chain]
            let accept = CompiledRule(expressions: [.verdict(.accept)], comment: nil)
            snapshot.tables.chains[chain] = ChainContents(base: former?.base, rules: [accept] + (former?.rules ?? []))
        }
        for endpoint in ["web", "db"] {
            #expect(model.state(endpoint)?.filter == .altered)
            #expect(model.state(endpoint)?.reason == "source filter altered: \(chain) has other rules")
        }
    }

    @Test mutating func aChainAtAnotherPlaceConcernsAll() {
        let id = Self.chains[0]
        tamper { snapshot in
            snapshot.tables.chains[id] = ChainContents(
                base: BaseChain(.filter, hook: .prerouting, priority: 300),
                rules: snapshot.tables.chains[id]?.rules ?? [])
        }
        #expect(model.state("web")?.filter == .altered)
        #expect(
            model.state("web")?.reason.contains("\(id) stands elsewhere: type filter hook prerouting priority 300")
                == true)
    }

    @Test(arguments: chains)
    mutating func aChainThatIsMissingConcernsAll(chain: ChainID) {
        tamper { $0.tables.chains[chain] = nil }
        #expect(model.state("web")?.filter == .missing && model.state("db")?.filter == .missing)
        #expect(model.state("web")?.reason == "\(chain) is not in the kernel yet")
    }

    @Test mutating func aDormantTableFiltersNothing() {
        tamper { $0.tables.states[.margayARP] = TableState(.dormant) }
        #expect(model.state("web")?.filter == .altered)
        #expect(model.state("web")?.reason == "source filter altered: table arp margay is dormant")
        tamper { $0.tables.states[.margayARP] = TableState(.owner, isHeldByOthers: true) }
        #expect(model.state("web")?.reason == "source filter altered: table arp margay belongs to another program")
    }

    @Test mutating func aTableThatIsGoneIsNamedAlone() {
        tamper { $0.tables = TableSnapshot() }
        #expect(model.state("web")?.filter == .missing)
        #expect(model.sourceFilterAudit.missing == [.table(.margay), .table(.margayARP)])
    }

    @Test mutating func anotherChainThanTheFiltersIsNoMatterOfIts() {
        tamper { $0.tables.chains[ChainID(.margay, "deny-egress")] = nil }
        #expect(model.state("web")?.filter == .enforced)
    }

    /// An endpoint that is closed or has no MAC can be opened as well.
    @Test mutating func damageComesBeforeWhatIsConfigured() throws {
        model.put(endpoint("web", "cali1", mac: "02:00:00:11:22:00:00:01", ["10.65.0.2"]))
        model.put(endpoint("db", "cali12", mac: nil, ["10.65.0.3"]))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.filter == .unenforceable && model.state("db")?.filter == .absent)
        add(.macs, Value(name("cali1")), Self.foreign)
        add(.bare4, Value(name("cali12")), Value(IPAddress(family: .v4, rawValue: 1)))
        #expect(model.state("web")?.filter == .altered && model.state("db")?.filter == .altered)
    }
}
