import Resources
import Selectors

/// A policy of any kind, as Calico's.
struct PolicyRecord: Vacant {
    typealias ID = Slots<Self>.ID

    let key: ResourceKey
    let policy: NetworkPolicy
    /// Its name among those of its tier.
    let name: String
    var query = Query.ID(rawValue: 0)

    init() {
        self.init(NetworkPolicy(metadata: Metadata(name: ""), namespace: nil))
    }

    init(_ policy: NetworkPolicy) {
        key = policy.key
        self.policy = policy
        name = policy.metadata.name
    }

    init(_ policy: KubernetesPolicy) {
        key = policy.key
        self.policy = NetworkPolicy(converting: policy)
        name = self.policy.metadata.name
    }

    /// Whether workloads meet it: those before or without connection tracking are for hosts.
    var isEnforced: Bool { !policy.isStaged && !policy.doNotTrack && !policy.preDNAT }

    /// Which endpoints it is about.
    var scope: Selector.Expression {
        let namespaces = policy.namespaceSelector?.expression.ofNamespaces
        let accounts = policy.serviceAccountSelector?.expression.prefixed(InheritedLabel.accountPrefix)
        return .conjunction(
            [
                policy.namespace.map { .equal(InheritedLabel.namespace, $0) }, namespaces, accounts,
                policy.selector.expression,
            ]
            .compactMap(\.self))
    }

    /// Whether endpoints are judged alike by both as far as their order and directions go.
    func stands(as other: Self) -> Bool {
        query == other.query && policy.tier == other.policy.tier && policy.order == other.policy.order
            && policy.directions == other.policy.directions && isEnforced == other.isEnforced
    }

    /// Whether it is asked earlier than another of its tier.
    func precedes(_ other: Self) -> Bool {
        let (left, right) = (policy.order ?? .infinity, other.policy.order ?? .infinity)
        if left != right { return left < right }
        if (policy.order == nil) != (other.policy.order == nil) { return other.policy.order == nil }
        return (name, key.namespace ?? "", key.kind) < (other.name, other.key.namespace ?? "", other.key.kind)
    }
}
