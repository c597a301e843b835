import Resources

extension PolicyIndex {
    mutating func setPolicy(_ record: PolicyRecord?, for key: ResourceKey) {
        let id = policiesByKey[key]
        let former = id.map { policies[$0] }
        guard record?.policy != former?.policy else { return }
        staleRules.insert(key)
        knownJudges = [:]
        var record = record
        if let scope = record?.scope {
            let query = retain(scope)
            record?.query = query
        }
        if let record, let former, record.stands(as: former) {
            // Nothing but its rules.
        } else {
            markSelected(by: former)
            markSelected(by: record)
        }
        if let id, let former {
            queries[former.query].policies.removeAll { $0 == id }
        }
        if let record {
            if let id { policies[id] = record }
            let id = id ?? policies.insert(record)
            policiesByKey[key] = id
            queries[record.query].policies.append(id)
        } else if let id {
            policies.remove(id)
            policiesByKey[key] = nil
        }
        if let former {
            release(former.query)
        }
    }

    private mutating func markSelected(by record: PolicyRecord?) {
        guard let record, record.isEnforced else { return }
        for id in localItems where items[id].queries.contains(record.query) {
            staleEndpoints.insert(items[id].key)
        }
    }

    mutating func setTier(_ tier: Tier?, named name: String) {
        let former = tiers[name]
        tiers[name] = tier
        guard former?.order != tier?.order || former?.defaultAction != tier?.defaultAction else { return }
        staleTiers.insert(name)
        knownJudges = [:]
    }

    mutating func setProfile(_ profile: Profile?, named name: String) {
        guard profiles[name] != profile else { return }
        profiles[name] = profile
        setSource(.profile(name), labels: profile?.labelsToApply)
        staleRules.insert(ResourceKey(kind: .profile, namespace: nil, name: name))
    }

    /// The tiers of endpoints that these selectors select.
    func judges(_ selecting: [Query.ID]) -> [EndpointPolicies.Tier] {
        var byTier: [String: [PolicyRecord]] = [:]
        for query in selecting {
            for policy in queries[query].policies where policies[policy].isEnforced {
                byTier[policies[policy].policy.tier, default: []].append(policies[policy])
            }
        }
        return byTier.keys.sorted(by: tierPrecedes).map { name in
            let records = (byTier[name] ?? []).sorted { $0.precedes($1) }
            func keys(_ direction: NetworkPolicy.Direction) -> [ResourceKey] {
                records.filter { $0.policy.directions.contains(direction) }.map(\.key)
            }
            return EndpointPolicies.Tier(
                name: name, defaultAction: tiers[name]?.defaultAction ?? .deny, ingress: keys(.ingress),
                egress: keys(.egress))
        }
    }

    private func tierPrecedes(_ left: String, _ right: String) -> Bool {
        switch (tiers[left]?.order, tiers[right]?.order) {
        case (let one?, let other?): one == other ? left < right : one < other
        case (nil, nil): left < right
        case (let one, _): one != nil
        }
    }

    /// The rules of a policy or profile that judges an endpoint.
    func resolve(_ key: ResourceKey) -> (rules: ResolvedRules, selectors: RuleResolver)? {
        if key.kind == .profile {
            guard let profile = profiles[key.name] ?? builtInProfile(key.name) else { return nil }
            var resolver = RuleResolver(namespace: nil)
            let rules = ResolvedRules(
                ingress: resolver.resolve(profile.ingress), egress: resolver.resolve(profile.egress))
            return (rules, resolver)
        }
        guard let policy = policiesByKey[key].map({ policies[$0].policy }) else { return nil }
        var resolver = RuleResolver(namespace: policy.namespace)
        let rules = ResolvedRules(
            ingress: policy.directions.contains(.ingress) ? resolver.resolve(policy.ingress) : [],
            egress: policy.directions.contains(.egress) ? resolver.resolve(policy.egress) : [])
        return (rules, resolver)
    }

    /// The profile for which a namespace or service account stands (libcalico-go, `conversion.NamespaceToProfile` and
    /// `ServiceAccountToProfile`). Its labels are inherited otherwise.
    func builtInProfile(_ name: String) -> Profile? {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        let source: LabelSource.Name
        var rules: [Rule] = []
        switch parts[0] {
        case "kns":
            source = .namespace(parts[1])
            rules = [Rule(action: .allow)]
        case "ksa":
            let account = parts[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard account.count == 2 else { return nil }
            source = .account(namespace: account[0], name: account[1])
        default: return nil
        }
        guard let id = sourcesByName[source], sources[id].exists else { return nil }
        return Profile(metadata: Metadata(name: name), ingress: rules, egress: rules)
    }
}
