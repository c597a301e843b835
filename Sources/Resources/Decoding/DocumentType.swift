/// The kinds of documents, and the versions of each.
enum DocumentType {
    static let calico = "projectcalico.org/v3"
    private static let kubernetesNetworking = "networking.k8s.io/v1"
    private static let core = "v1"
    /// How Calico keeps its resources inside Kubernetes: the same kinds with other metadata.
    static let storage = "crd.projectcalico.org/v1"

    /// The kinds that one name in a document's `kind` stands for, by version.
    struct Versions {
        let kinds: [String: ResourceKind]
        /// What to write in `apiVersion`.
        let accepted: String
    }

    /// What a document's `kind` says, in any case.
    static func versions(of kind: String) -> Versions? { versions[kind] ?? versions[asciiLowercased(kind)] }

    /// By `kind` in small letters, and as it is usually written.
    private static let versions: [String: Versions] = {
        var versions: [String: Versions] = [:]
        for kind in ResourceKind.allCases {
            let name = asciiLowercased(kind.rawValue)
            switch kind {
            case .workloadEndpoint, .profile:
                versions[name] = Versions(
                    kinds: [calico: kind, core: kind], accepted: "\(calico), or \(core) for the older format")
            case .networkPolicy:
                versions[name] = Versions(
                    kinds: [calico: kind, kubernetesNetworking: .kubernetesNetworkPolicy],
                    accepted: "\(calico), or \(kubernetesNetworking) for Kubernetes' own")
            case .kubernetesNetworkPolicy: break
            case .namespace, .serviceAccount: versions[name] = Versions(kinds: [core: kind], accepted: core)
            default: versions[name] = Versions(kinds: [calico: kind], accepted: calico)
            }
            versions[kind.rawValue] = versions[name]
        }
        return versions
    }()

    /// For messages.
    static let kinds =
        "WorkloadEndpoint, Profile, NetworkPolicy, GlobalNetworkPolicy, Tier, NetworkSet, GlobalNetworkSet, staged "
        + "policies, Namespace, ServiceAccount"

    /// What a document of the kind writes in `kind` and `apiVersion`, if it has one version.
    static func head(of kind: ResourceKind) -> (apiVersion: String, kind: String) {
        switch kind {
        case .kubernetesNetworkPolicy: (kubernetesNetworking, "NetworkPolicy")
        case .namespace, .serviceAccount: (core, kind.rawValue)
        default: (calico, kind.rawValue)
        }
    }
}

/// What a decoder made of a document; when the context has errors only ``key`` must be used.
struct DecodedResource {
    var resource: Resource?
    /// `nil` when the document's identity could not be read.
    var key: ResourceKey?

    init(_ resource: Resource?, key: ResourceKey?) {
        self.resource = resource
        self.key = key
    }

    init(_ resource: Resource, isNamed: Bool) {
        self.init(resource, key: isNamed ? resource.key : nil)
    }
}
