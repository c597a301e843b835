import Resources

/// How many there are, in the cluster and in use for a node's own endpoints.
package struct PolicyCounts: Hashable, Sendable {
    /// Endpoints of all nodes.
    package var endpoints = 0
    /// Those that are enforced; rehearsals are left out.
    package var policies = 0
    package var profiles = 0
    /// The one for policies that name none among them.
    package var tiers = 0
    /// Policies that judge an endpoint of this node.
    package var activePolicies = 0
    /// Sets that their rules, and those of profiles, ask for.
    package var activeSets = 0

    package init() {}
}

extension PolicyIndex {
    /// As of the last update.
    package var counts: PolicyCounts {
        var counts = PolicyCounts()
        counts.endpoints = endpointCount
        counts.policies = policiesByKey.count { !policies[$0.value].policy.isStaged }
        counts.profiles = profiles.count
        counts.tiers = tierNames.count
        counts.activePolicies = view.tiers.count
        counts.activeSets = view.kinds.count
        return counts
    }
}
