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
public struct ResourceKey: Sendable, Comparable, CustomStringConvertible {
    public let kind: ResourceKind
    /// Of all of it: a key is looked up dozens of times for each change. Here, and of 32 bits, it takes no memory of its own.
    private let fingerprint: UInt32
    /// Behind one reference, since a key stands in a dozen tables.
    private let texts: Texts

    private final class Texts: Sendable {
        let namespace: String?
        let name: String

        init(_ namespace: String?, _ name: String) { (self.namespace, self.name) = (namespace, name) }
    }

    /// `nil` for a kind that belongs to the whole cluster, such as a profile.
    public var namespace: String? { texts.namespace }
    public var name: String { texts.name }

    public init(kind: ResourceKind, namespace: String?, name: String) {
        self.kind = kind
        texts = Texts(namespace, name)
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(namespace)
        hasher.combine(name)
        fingerprint = UInt32(truncatingIfNeeded: hasher.finalize())
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

extension ResourceKey: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.fingerprint == right.fingerprint && left.kind == right.kind
            && (left.texts === right.texts || left.name == right.name && left.namespace == right.namespace)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }
}
