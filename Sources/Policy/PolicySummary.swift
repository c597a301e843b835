package import Resources

/// What people want to know of a policy or a profile.
package struct PolicySummary: Hashable, Sendable {
    package let key: ResourceKey
    /// With its namespace.
    package let name: String
    /// `nil` for a profile.
    package let tier: String?
    package let order: Double?
    /// The directions that it judges.
    package let directions: [NetworkPolicy.Direction]
    package let isStaged: Bool
    /// Whether it exists: endpoints may name a profile that does not.
    package let exists: Bool
    /// How many endpoints of this node it judges; of one that is not enforced, how many it would.
    package let localEndpoints: Int
    /// How many endpoints of the cluster it selects, or name it.
    package let endpoints: Int
    /// Where a selector of one of its rules selects nothing, such as `ingress[0].source.selector`. Known of what judges
    /// a local endpoint.
    package let idleSelectors: [String]
}

extension PolicyIndex {
    /// All policies and profiles, also those that judge nobody and those that are only named, in the order of their kinds
    /// and names; as of the last update.
    package func summaries() -> [PolicySummary] {
        var localMatches: [Query.ID: Int] = [:]
        for item in localItems {
            for query in items[item].queries where !queries[query].policies.isEmpty {
                localMatches[query, default: 0] += 1
            }
        }
        let enforced = policiesByKey.map { summary(of: $0.key, policies[$0.value], localMatches) }
        let used = sourcesByName.compactMap { name, id in
            if case .profile(let name) = name, !sources[id].items.isEmpty { name } else { nil }
        }
        return (enforced + Set(profiles.keys).union(used).map(summary(ofProfile:))).sorted { $0.key < $1.key }
    }

    private func summary(of key: ResourceKey, _ record: PolicyRecord, _ matches: [Query.ID: Int]) -> PolicySummary {
        let policy = record.policy
        return PolicySummary(
            key: key, name: key.policyName, tier: policy.tier, order: policy.order,
            directions: NetworkPolicy.Direction.allCases.filter(policy.directions.contains),
            isStaged: policy.isStaged, exists: true, localEndpoints: matches[record.query] ?? 0,
            endpoints: queries[record.query].endpoints, idleSelectors: idleSelectors(of: key))
    }

    private func summary(ofProfile name: String) -> PolicySummary {
        let key = ResourceKey(kind: .profile, namespace: nil, name: name)
        let users = sourcesByName[.profile(name)].map { sources[$0].items } ?? []
        return PolicySummary(
            key: key, name: name, tier: nil, order: nil, directions: NetworkPolicy.Direction.allCases, isStaged: false,
            exists: profiles[name] != nil || builtInProfile(name) != nil, localEndpoints: judged[key] ?? 0,
            endpoints: users.count, idleSelectors: idleSelectors(of: key))
    }

    private func idleSelectors(of key: ResourceKey) -> [String] {
        guard let rules = view.rules[key] else { return [] }
        var places: [String] = []
        for (direction, rules) in [("ingress", rules.ingress), ("egress", rules.egress)] {
            for (index, rule) in rules.enumerated() {
                let ends = [
                    ("source", rule.source, rule.rule.source), ("destination", rule.destination, rule.rule.destination),
                ]
                for (name, end, entity) in ends {
                    places += idleFields(of: end, entity).map { "\(direction)[\(index)].\(name).\($0)" }
                }
            }
        }
        return places
    }

    private func idleFields(of end: ResolvedRule.End, _ entity: EntityRule) -> [String] {
        var fields: [String] = []
        if end.sets.contains(where: isIdle) {
            let given = [
                (entity.selector != nil, "selector"), (entity.namespaceSelector != nil, "namespaceSelector"),
                (entity.serviceAccounts != nil, "serviceAccounts"),
            ]
            // What is left is the namespace of the policy, for the sake of notSelector.
            fields.append(given.first { $0.0 }?.1 ?? "notSelector")
        }
        if end.notSets.contains(where: isIdle) { fields.append("notSelector") }
        if let ports = end.ports, isIdle(ports) { fields.append("ports") }
        if let ports = end.notPorts, isIdle(ports) { fields.append("notPorts") }
        return fields
    }

    private func isIdle(_ set: MemberSet) -> Bool { tablesBySet[set].map { tables[$0].isEmpty } ?? true }
}
