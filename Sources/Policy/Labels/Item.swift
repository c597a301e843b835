import NetworkValues
import Resources

/// What selectors select: a workload endpoint of any node, or a network set.
struct Item: Vacant {
    typealias ID = Slots<Self>.ID

    struct Port: Hashable, Sendable {
        let name: String
        let `protocol`: TransportProtocol
        let port: UInt16
    }

    var key = ResourceKey(kind: .workloadEndpoint, namespace: nil, name: "")
    /// Whether it is an endpoint of this node.
    var isLocal = false
    /// Of its own, in the order of their numbers.
    var own: [Label] = []
    var orchestrator: Label?
    var namespace: LabelSource.ID?
    var account: LabelSource.ID?
    var profiles: [LabelSource.ID] = []
    /// All that it has, inherited ones included.
    var labels: [Label] = []
    /// Never ports.
    var networks: [PackedMember] = []
    var ports: [Port] = []
    /// The selectors that select it.
    var queries: [Query.ID] = []

    var isEndpoint: Bool { key.kind == .workloadEndpoint }

    /// Whether a set with it must hold networks.
    var isWide: Bool { !isEndpoint || networks.contains { !$0.isHost } }

    /// Whether it would be the same to every set.
    func contributes(as other: Self) -> Bool {
        networks == other.networks && ports == other.ports && isEndpoint == other.isEndpoint
    }

    var sources: [LabelSource.ID] { [namespace, account].compactMap(\.self) + profiles }
}

/// The lists that an item got last: thousands of items have equal ones, and share them.
struct CommonLists: Sendable {
    var own: [Label] = []
    var labels: [Label] = []
    var profiles: [LabelSource.ID] = []
    var queries: [Query.ID] = []

    /// The list itself, or the one before it, where that is equal.
    static func shared<Element: Equatable>(_ list: [Element], _ last: inout [Element]) -> [Element] {
        if list != last { last = list }
        return last
    }
}

/// From which items inherit labels.
struct LabelSource: Vacant {
    typealias ID = Slots<Self>.ID

    enum Name: Hashable, Sendable {
        case namespace(String)
        case account(namespace: String, name: String)
        case profile(String)
    }

    var name = Name.profile("")
    var labels: [Label] = []
    var items: Set<Item.ID> = []
    /// Whether there is a resource.
    var exists = false
}

/// What is to be known of a resource that selectors select.
struct ItemDraft {
    let key: ResourceKey
    var isLocal = false
    var labels: [String: String]
    var orchestrator: String?
    var namespace: String?
    var account: String?
    var profiles: [String] = []
    var networks: [IPPrefix]
    var ports: [Item.Port] = []

    init(_ endpoint: WorkloadEndpoint, node: String) {
        key = endpoint.key
        isLocal = endpoint.node == node
        labels = endpoint.metadata.labels.filter { !InheritedLabel.isForged($0.key) }
        orchestrator = endpoint.orchestrator
        namespace = endpoint.namespace
        account = endpoint.serviceAccountName
        profiles = endpoint.profiles
        networks = endpoint.ipNetworks
        ports = endpoint.ports.compactMap { port in
            port.name.map { Item.Port(name: $0, protocol: port.protocol, port: port.port) }
        }
    }

    init(_ set: NetworkSet) {
        key = set.key
        // A namespace's own people must not pretend that their networks are another's.
        labels =
            set.namespace == nil ? set.metadata.labels : set.metadata.labels.filter { !InheritedLabel.isForged($0.key) }
        namespace = set.namespace
        networks = set.nets
    }
}

/// The labels that nobody gives to an endpoint directly (libcalico-go, `conversion` and `LabelNamespace` of the v3 API).
enum InheritedLabel {
    static let namespace = "projectcalico.org/namespace"
    static let account = "projectcalico.org/serviceaccount"
    static let orchestrator = "projectcalico.org/orchestrator"
    static let namespacePrefix = "pcns."
    static let accountPrefix = "pcsa."
    /// Behind a prefix: the name of the namespace or account.
    static let name = "projectcalico.org/name"

    static func isForged(_ key: String) -> Bool { key.hasPrefix(namespacePrefix) || key.hasPrefix(accountPrefix) }
}
