package import Resources

/// What a ``PolicyIndex`` answered when it was last updated, without what it works with.
package struct PolicyView: Sendable {
    var endpoints: [ResourceKey: EndpointPolicies] = [:]
    var rules: [ResourceKey: ResolvedRules] = [:]
    var kinds: [MemberSet: MemberSet.Kind] = [:]
    /// Of policies that have rules here.
    var tiers: [ResourceKey: String] = [:]

    package init() {}

    /// Who judges a local endpoint.
    package func policies(of endpoint: ResourceKey) -> EndpointPolicies { endpoints[endpoint] ?? EndpointPolicies() }

    /// The rules of a policy or a profile that judges a local endpoint; `nil` for any other, and for one that does not
    /// exist.
    package func rules(of key: ResourceKey) -> ResolvedRules? { rules[key] }

    /// Of a set that rules above ask for; `nil` for any other.
    package func kind(of set: MemberSet) -> MemberSet.Kind? { kinds[set] }

    /// The tier of a policy that judges a local endpoint; `nil` for anything else.
    package func tierName(of key: ResourceKey) -> String? { tiers[key] }
}

extension PolicyIndex {
    /// An index that answers as this one does now, and holds nothing of what it works with: not to be fed.
    package var answers: PolicyIndex {
        var index = PolicyIndex(node: node)
        index.view = view
        return index
    }
}

extension ResourceKey {
    /// The name by which people know a policy or profile: with its namespace, and as Calico calls it if it is
    /// Kubernetes' own.
    package var policyName: String {
        let name =
            kind == .kubernetesNetworkPolicy || kind == .stagedKubernetesNetworkPolicy ? "knp.default.\(name)" : name
        return namespace.map { "\($0)/\(name)" } ?? name
    }

    /// `policy default/web`, `profile open`.
    package var policyWords: String { "\(kind == .profile ? "profile" : "policy") \(policyName)" }
}
