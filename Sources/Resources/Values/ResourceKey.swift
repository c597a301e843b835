/// The kinds of resources that are read, under the names that Calico's v3 API and Kubernetes give them.
public enum ResourceKind: String, Sendable, Hashable, Comparable, CaseIterable {
    case workloadEndpoint = "WorkloadEndpoint"
    case profile = "Profile"
    case networkPolicy = "NetworkPolicy"
    case globalNetworkPolicy = "GlobalNetworkPolicy"
    case tier = "Tier"
    case networkSet = "NetworkSet"
    case globalNetworkSet = "GlobalNetworkSet"
    /// `networking.k8s.io/v1`, kind `NetworkPolicy`: a name of our own, for Calico's has the same kind.
    case kubernetesNetworkPolicy = "KubernetesNetworkPolicy"
    case namespace = "Namespace"
    case serviceAccount = "ServiceAccount"
    case stagedNetworkPolicy = "StagedNetworkPolicy"
    case stagedGlobalNetworkPolicy = "StagedGlobalNetworkPolicy"
    case stagedKubernetesNetworkPolicy = "StagedKubernetesNetworkPolicy"

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What tells one resource from another.
public struct ResourceKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var kind: ResourceKind
    /// `nil` for a kind that belongs to the whole cluster, such as a profile.
    public var namespace: String?
    public var name: String

    public init(kind: ResourceKind, namespace: String?, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// `WorkloadEndpoint default/web`, or `Profile open`.
    public var description: String {
        guard let namespace else { return "\(kind.rawValue) \(name)" }
        return "\(kind.rawValue) \(namespace)/\(name)"
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.kind, left.namespace ?? "", left.name) < (right.kind, right.namespace ?? "", right.name)
    }
}
