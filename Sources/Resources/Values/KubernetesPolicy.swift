public import NetworkValues

/// `networking.k8s.io/v1`, kind `NetworkPolicy`; or Calico's rehearsal of one (`StagedKubernetesNetworkPolicy`).
public struct KubernetesPolicy: Hashable, Sendable {
    /// `matchLabels` and `matchExpressions`, all of which must hold.
    public struct LabelSelector: Hashable, Sendable {
        public enum Operator: String, Hashable, Sendable, CaseIterable {
            case isIn = "In"
            case isNotIn = "NotIn"
            case exists = "Exists"
            case doesNotExist = "DoesNotExist"
        }

        public struct Requirement: Hashable, Sendable {
            public var key: String
            public var `operator`: Operator
            public var values: [String]

            public init(key: String, operator: Operator, values: [String] = []) {
                self.key = key
                self.operator = `operator`
                self.values = values
            }
        }

        public var matchLabels: [String: String]
        public var matchExpressions: [Requirement]

        public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
            self.matchLabels = matchLabels
            self.matchExpressions = matchExpressions
        }
    }

    public enum Peer: Hashable, Sendable {
        case ipBlock(cidr: IPPrefix, except: [IPPrefix])
        /// Pods of the policy's own namespace, unless a selector says of which.
        case pods(LabelSelector?, namespaces: LabelSelector?)
    }

    public struct Port: Hashable, Sendable {
        /// `nil` is TCP.
        public var `protocol`: TransportProtocol?
        /// `nil` is every port of the protocol.
        public var port: RulePort?
        /// The last of a range that ``port`` begins.
        public var endPort: UInt16?

        public init(protocol: TransportProtocol? = nil, port: RulePort? = nil, endPort: UInt16? = nil) {
            self.protocol = `protocol`
            self.port = port
            self.endPort = endPort
        }
    }

    public struct Rule: Hashable, Sendable {
        /// `from` or `to`; empty is everybody.
        public var peers: [Peer]
        /// Empty is every port.
        public var ports: [Port]

        public init(peers: [Peer] = [], ports: [Port] = []) {
            self.peers = peers
            self.ports = ports
        }
    }

    public var metadata: Metadata
    /// `default` unless the document says otherwise.
    public var namespace: String
    public var isStaged: Bool
    public var podSelector: LabelSelector
    /// As written; `nil` where the document leaves them out: ingress, and egress if there are egress rules.
    public var policyTypes: [NetworkPolicy.Direction]?
    /// `nil` where the document has none, which is the same as an empty list.
    public var ingress: [Rule]?
    public var egress: [Rule]?
    /// Of a rehearsal: `Set`, `Delete`, `Learn` or `Ignore`.
    public var stagedAction: String?
    /// Fields without a meaning here beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        metadata: Metadata, namespace: String, isStaged: Bool = false, podSelector: LabelSelector = LabelSelector(),
        policyTypes: [NetworkPolicy.Direction]? = nil, ingress: [Rule]? = nil, egress: [Rule]? = nil,
        stagedAction: String? = nil, otherFields: [String: FieldValue] = [:]
    ) {
        self.metadata = metadata
        self.namespace = namespace
        self.isStaged = isStaged
        self.podSelector = podSelector
        self.policyTypes = policyTypes
        self.ingress = ingress
        self.egress = egress
        self.stagedAction = stagedAction
        self.otherFields = otherFields
    }

    /// The directions that it judges. Without `policyTypes`: ingress, and egress if there are rules for it (Kubernetes'
    /// `SetDefaults_NetworkPolicy`).
    public var directions: Set<NetworkPolicy.Direction> {
        if let policyTypes, !policyTypes.isEmpty { return Set(policyTypes) }
        return egress?.isEmpty ?? true ? [.ingress] : [.ingress, .egress]
    }

    public var key: ResourceKey {
        ResourceKey(
            kind: isStaged ? .stagedKubernetesNetworkPolicy : .kubernetesNetworkPolicy, namespace: namespace,
            name: metadata.name)
    }
}
