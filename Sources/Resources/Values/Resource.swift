/// A resource that passed every check. Behind a reference: tables of them are small, and a copy costs nothing.
public enum Resource: Hashable, Sendable {
    case workloadEndpoint(WorkloadEndpoint)
    indirect case profile(Profile)
    /// Of a namespace or global, enforced or staged.
    indirect case networkPolicy(NetworkPolicy)
    indirect case tier(Tier)
    /// Of a namespace or global.
    indirect case networkSet(NetworkSet)
    indirect case kubernetesPolicy(KubernetesPolicy)
    indirect case namespace(Namespace)
    indirect case serviceAccount(ServiceAccount)

    public var key: ResourceKey {
        switch self {
        case .workloadEndpoint(let endpoint): endpoint.key
        case .profile(let profile): profile.key
        case .networkPolicy(let policy): policy.key
        case .tier(let tier): tier.key
        case .networkSet(let set): set.key
        case .kubernetesPolicy(let policy): policy.key
        case .namespace(let namespace): namespace.key
        case .serviceAccount(let account): account.key
        }
    }

    public var metadata: Metadata {
        switch self {
        case .workloadEndpoint(let endpoint): endpoint.metadata
        case .profile(let profile): profile.metadata
        case .networkPolicy(let policy): policy.metadata
        case .tier(let tier): tier.metadata
        case .networkSet(let set): set.metadata
        case .kubernetesPolicy(let policy): policy.metadata
        case .namespace(let namespace): namespace.metadata
        case .serviceAccount(let account): account.metadata
        }
    }
}
