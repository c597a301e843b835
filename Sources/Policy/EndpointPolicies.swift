package import Resources

/// Who judges an endpoint's traffic, in order. Endpoints with equal lists are judged by the same chains.
package struct EndpointPolicies: Hashable, Sendable {
    /// The policies of one tier that select the endpoint. A tier without any of them is left out.
    package struct Tier: Hashable, Sendable {
        package let name: String
        /// What becomes of a packet that no rule of the tier's policies decides: `deny` or `pass`.
        package let defaultAction: Rule.Action
        /// In the order in which they are asked; empty where the tier has nothing to say of that direction.
        package let ingress: [ResourceKey]
        package let egress: [ResourceKey]

        package init(name: String, defaultAction: Rule.Action, ingress: [ResourceKey], egress: [ResourceKey]) {
            self.name = name
            self.defaultAction = defaultAction
            self.ingress = ingress
            self.egress = egress
        }
    }

    package var tiers: [Tier]
    /// Asked where no tier has anything to say of the direction, or the last that does passes.
    package var profiles: [String]

    package init(tiers: [Tier] = [], profiles: [String] = []) {
        self.tiers = tiers
        self.profiles = profiles
    }

    /// All policies and profiles of either direction, each once.
    package var judges: Set<ResourceKey> {
        Set(tiers.flatMap { $0.ingress + $0.egress })
            .union(profiles.map { ResourceKey(kind: .profile, namespace: nil, name: $0) })
    }
}
