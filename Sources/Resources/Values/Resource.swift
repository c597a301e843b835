/// A resource that passed every check.
public enum Resource: Hashable, Sendable {
    case workloadEndpoint(WorkloadEndpoint)
    case profile(Profile)

    public var key: ResourceKey {
        switch self {
        case .workloadEndpoint(let endpoint): endpoint.key
        case .profile(let profile): profile.key
        }
    }

    public var metadata: Metadata {
        switch self {
        case .workloadEndpoint(let endpoint): endpoint.metadata
        case .profile(let profile): profile.metadata
        }
    }
}
