import NetworkValues
import Policy
import Resources
import Selectors
import Testing

/// Whom one side of a rule means.
@Suite struct RuleSideTests {
    private let world: [Resource]

    init() throws {
        world = [
            namespace("red", ["colour": "red"]), account("ann", in: "red", ["role": "cook"]),
            try endpoint("judged", in: "red", labels: ["judged": ""]),
            try endpoint("judged", in: "blue", labels: ["judged": ""]),
            try endpoint("a", on: "node2", in: "red", account: "ann", labels: ["app": "web"], at: ["10.0.0.1"]),
            try endpoint("b", on: "node2", in: "red", labels: ["app": "db"], at: ["10.0.0.2"]),
            try endpoint("c", on: "node2", in: "blue", account: "ann", labels: ["app": "web"], at: ["10.0.0.3"]),
            try networkSet("g", in: nil, ["app": "web"], ["192.0.2.0/24"]),
        ]
    }

    private func end(of entity: EntityRule, in namespace: String?, _ match: IPProtocol? = nil) throws
        -> (index: PolicyIndex, end: ResolvedRule.End)
    {
        let policy = policy("p", in: namespace, .has("judged"), ingress: [allow(from: entity, match)])
        let index = PolicyIndex(world + [.networkPolicy(policy)])
        return (index, try #require(index.rules(of: policy.key)?.ingress.first?.source))
    }

    private func selected(_ entity: EntityRule, in namespace: String?) throws -> Set<String>? {
        let (index, end) = try end(of: entity, in: namespace)
        return end.sets.first.map { Set(index.members(of: $0).map(\.text)) }
    }

    private let web = Selector(.equal("app", "web"))
    private let red = Selector(.equal("colour", "red"))

    @Test func aSelectorInANamespacedPolicyMeansItsNamespace() throws {
        #expect(try selected(EntityRule(selector: web), in: "red") == ["10.0.0.1"])
        #expect(try selected(EntityRule(selector: web), in: nil) == ["10.0.0.1", "10.0.0.3", "192.0.2.0/24"])
    }

    @Test func aNamespaceSelectorSaysWhichNamespaces() throws {
        #expect(try selected(EntityRule(namespaceSelector: red), in: "blue") == ["10.0.0.1", "10.0.0.2"])
        #expect(try selected(EntityRule(selector: web, namespaceSelector: red), in: nil) == ["10.0.0.1"])
        #expect(
            try selected(EntityRule(selector: web, namespaceSelector: Selector(.all)), in: "red")
                == ["10.0.0.1", "10.0.0.3"])
        #expect(
            try selected(EntityRule(selector: web, namespaceSelector: Selector(.global)), in: "red") == ["192.0.2.0/24"]
        )
    }

    @Test func serviceAccountsAreMeantByNameOrLabels() throws {
        let byName = EntityRule(serviceAccounts: ServiceAccountMatch(names: ["ann"]))
        #expect(try selected(byName, in: "red") == ["10.0.0.1"])
        #expect(try selected(byName, in: nil) == ["10.0.0.1", "10.0.0.3"])
        let anyone = EntityRule(serviceAccounts: ServiceAccountMatch())
        #expect(try selected(anyone, in: "red") == ["10.0.0.1", "10.0.0.2"], "as in Calico: its own namespace")
        #expect(try selected(anyone, in: nil) == nil)
        let byLabel = EntityRule(serviceAccounts: ServiceAccountMatch(selector: Selector(.equal("role", "cook"))))
        #expect(try selected(byLabel, in: nil) == ["10.0.0.1"])
    }

    @Test func aNegatedSelectorIsASetThatTheAddressIsNotIn() throws {
        let entity = EntityRule(notSelector: web)
        let (index, end) = try end(of: entity, in: nil)
        #expect(end.sets.isEmpty)
        #expect(Set(index.members(of: try #require(end.notSets.first)).map(\.text)).contains("10.0.0.3"))
        #expect(try selected(entity, in: "red") == ["10.0.0.1", "10.0.0.2"])
    }

    @Test func nothingGivenIsNoSetAtAll() throws {
        #expect(try end(of: EntityRule(nets: []), in: "red").end == ResolvedRule.End())
        #expect(
            try end(of: EntityRule(selector: Selector(text: "", expression: .all)), in: "red").end == ResolvedRule.End()
        )
    }

    @Test func equalSelectorsShareOneSetHoweverTheyAreSpelled() throws {
        let other = Selector(text: "app=='web'", expression: .equal("app", "web"))
        let (one, two) = (
            policy("one", in: nil, ingress: [allow(from: EntityRule(selector: web))]),
            policy("two", in: nil, ingress: [allow(from: EntityRule(selector: other))])
        )
        let index = PolicyIndex(world + [.networkPolicy(one), .networkPolicy(two)])
        #expect(index.sets.count == 1)
        #expect(index.sourceSet(of: one.key) == index.sourceSet(of: two.key))
    }
}

@Suite struct NamedPortTests {
    private func port(_ name: String?, _ match: TransportProtocol, _ port: UInt16) -> EndpointPort {
        EndpointPort(name: name, protocol: match, port: port, hostPort: name == nil ? 1 : nil)
    }

    private func index(_ entity: EntityRule) throws -> (PolicyIndex, ResolvedRule.End) {
        let policy = policy("p", in: nil, .has("judged"), ingress: [allow(to: entity, .tcp)])
        let index = PolicyIndex([
            .networkPolicy(policy), try endpoint("judged", labels: ["judged": ""]),
            try endpoint(
                "a", on: nil, labels: ["app": "web"], at: ["10.0.0.1", "2001:db8::1", "10.1.0.0/16"],
                ports: [
                    port("http", .tcp, 8080), port("http", .udp, 8081), port("dns", .tcp, 53), port(nil, .tcp, 9),
                ]),
            try endpoint("b", on: nil, at: ["10.0.0.2"], ports: [port("http", .tcp, 80)]),
        ])
        return (index, try #require(index.rules(of: policy.key)?.ingress.first?.destination))
    }

    @Test func aNameMeansThePortsOfItsProtocolOnWhatIsSelected() throws {
        let entity = EntityRule(ports: [.name("http")], selector: Selector(.equal("app", "web")))
        let (index, end) = try index(entity)
        let set = try #require(end.ports)
        #expect(index.kind(of: set) == .ports)
        #expect(Set(index.members(of: set).map(\.text)) == ["10.0.0.1 TCP 8080", "2001:db8::1 TCP 8080"])
        #expect(end.sets.isEmpty, "whoever has the port is selected")
    }

    @Test func withoutASelectorTheNameMeansEverybodysPorts() throws {
        let (index, end) = try index(EntityRule(ports: [.name("http"), .name("dns")]))
        #expect(
            Set(index.members(of: try #require(end.ports)).map(\.text)) == [
                "10.0.0.1 TCP 8080", "2001:db8::1 TCP 8080", "10.0.0.1 TCP 53", "2001:db8::1 TCP 53", "10.0.0.2 TCP 80",
            ])
    }

    @Test func besideANumberTheSelectionIsNeededToo() throws {
        let entity = EntityRule(
            ports: [.name("http"), .range(PortRange(443))], selector: Selector(.equal("app", "web")))
        let (_, end) = try index(entity)
        #expect(end.ports != nil && end.sets.count == 1)
    }

    @Test func aNegatedNameLeavesTheSelection() throws {
        let (index, end) = try index(EntityRule(notPorts: [.name("http")], selector: Selector(.equal("app", "web"))))
        #expect(end.ports == nil && end.sets.count == 1)
        #expect(index.members(of: try #require(end.notPorts)).count == 2)
    }
}
