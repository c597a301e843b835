import NetworkValues
import Policy
import Resources
import Selectors

/// Short ways to say what the tests are about.
func endpoint(
    _ name: String, on node: String? = "node1", in namespace: String = "default", account: String? = nil,
    orchestrator: String? = nil, labels: [String: String] = [:], profiles: [String] = [], at addresses: [String] = [],
    ports: [EndpointPort] = []
) throws -> Resource {
    .workloadEndpoint(
        WorkloadEndpoint(
            metadata: Metadata(name: name, namespace: namespace, labels: labels), namespace: namespace,
            orchestrator: orchestrator, node: node, serviceAccountName: account,
            ipNetworks: try addresses.map { try IPPrefix(parsing: $0) }, profiles: profiles,
            interfaceName: try InterfaceName(parsing: "cali0"), ports: ports))
}

func policy(
    _ name: String, in namespace: String? = "default", tier: String = "default", order: Double? = nil,
    _ selector: Selector.Expression = .all, namespaces: Selector? = nil, accounts: Selector? = nil,
    types: [NetworkPolicy.Direction]? = nil, ingress: [Rule] = [], egress: [Rule] = [], staged: Bool = false
) -> NetworkPolicy {
    NetworkPolicy(
        metadata: Metadata(name: name, namespace: namespace), namespace: namespace, isStaged: staged, tier: tier,
        order: order, selector: Selector(selector), namespaceSelector: namespaces, serviceAccountSelector: accounts,
        types: types, ingress: ingress, egress: egress)
}

func namespace(_ name: String, _ labels: [String: String] = [:]) -> Resource {
    .namespace(Namespace(metadata: Metadata(name: name, labels: labels)))
}

func account(_ name: String, in namespace: String, _ labels: [String: String] = [:]) -> Resource {
    .serviceAccount(
        ServiceAccount(metadata: Metadata(name: name, namespace: namespace, labels: labels), namespace: namespace))
}

func networkSet(_ name: String, in namespace: String? = nil, _ labels: [String: String], _ nets: [String]) throws
    -> Resource
{
    .networkSet(
        NetworkSet(
            metadata: Metadata(name: name, namespace: namespace, labels: labels), namespace: namespace,
            nets: try nets.map { try IPPrefix(parsing: $0) }))
}

func tier(_ name: String, _ order: Double?, _ action: Rule.Action = .deny) -> Resource {
    .tier(Tier(metadata: Metadata(name: name), order: order, defaultAction: action))
}

func profile(_ name: String, labels: [String: String] = [:], ingress: [Rule] = [], egress: [Rule] = []) -> Resource {
    .profile(Profile(metadata: Metadata(name: name), ingress: ingress, egress: egress, labelsToApply: labels))
}

func allow(from entity: EntityRule = EntityRule(), to other: EntityRule = EntityRule(), _ match: IPProtocol? = nil)
    -> Rule
{
    Rule(action: .allow, protocol: match, source: entity, destination: other)
}

func key(_ kind: ResourceKind, _ namespace: String?, _ name: String) -> ResourceKey {
    ResourceKey(kind: kind, namespace: namespace, name: name)
}

func local(_ name: String, in namespace: String = "default") -> ResourceKey { key(.workloadEndpoint, namespace, name) }

extension Selector {
    init(_ expression: Expression) {
        self.init(text: expression.description, expression: expression)
    }
}

extension PolicyIndex {
    /// With these resources, up to date.
    init(_ resources: [Resource]) {
        self.init(node: "node1")
        for resource in resources {
            put(resource)
        }
        _ = update()
    }

    /// The only set that the first rule asks for at its source.
    func sourceSet(of policy: ResourceKey) -> MemberSet? { rules(of: policy)?.ingress.first?.source.sets.first }

    /// Who may be the source of the first rule, as texts.
    func sources(of policy: ResourceKey) -> Set<String> {
        sourceSet(of: policy).map { Set(members(of: $0).map(\.text)) } ?? []
    }
}

extension MemberSet.Member {
    var text: String {
        switch self {
        case .network(let network): network.isHost ? network.address.description : network.description
        case .port(let address, let match, let port): "\(address) \(match.rawValue) \(port)"
        }
    }
}
