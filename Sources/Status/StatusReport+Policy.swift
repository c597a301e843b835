extension StatusReport {
    /// A policy or a profile, and whom it judges.
    package struct Policy: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            /// It judges endpoints of this node.
            case enforced
            /// None of this node's endpoints is judged by it.
            case idle
            /// A rehearsal: it judges nobody.
            case staged
            /// Endpoints name it, and it does not exist.
            case missing
        }

        /// `Profile`, `NetworkPolicy`, `GlobalNetworkPolicy`, `KubernetesNetworkPolicy`, or a staged kind.
        package var kind: String
        /// With its namespace: `default/web`, `default/knp.default.web` for Kubernetes' own.
        package var name: String
        /// `null` for a profile.
        @Nullable package var tier: String?
        @Nullable package var order: Double?
        /// `Ingress`, `Egress`.
        package var types: [String]
        package var state: State
        /// How many endpoints of this node it judges; of one that is staged, how many it would.
        package var endpoints: Int
        /// What of it selects nothing.
        package var notes: [String]

        package init(
            kind: String, name: String, tier: String?, order: Double?, types: [String], state: State, endpoints: Int,
            notes: [String] = []
        ) {
            self.kind = kind
            self.name = name
            self.tier = tier
            self.order = order
            self.types = types
            self.state = state
            self.endpoints = endpoints
            self.notes = notes
        }
    }
}
