import NetworkValues
import Nftables
import Policy
package import Resources

extension DataplaneModel {
    /// Takes over whatever the index has worked out anew: who judges whom, rules, and who is in their sets. ``update()`` does
    /// so too; what is to be asked of the host may depend on it.
    package mutating func takePolicyChanges() {
        let changes = policy.update()
        groups.reserveCapacity(ungrouped.count)
        // Thousands in a row have the same: two lists are compared faster than one is hashed.
        var last: PolicyGroup?
        for (key, policies) in changes.endpoints where policies != nil || endpoints[key] != nil {
            let policies = policies ?? EndpointPolicies()
            let group = last.flatMap { $0.policies == policies ? $0 : nil } ?? group(policies)
            join(key, group)
            last = group
        }
        // Nearly all that are new have their group by what changed above.
        if groups.count < endpoints.count {
            for key in ungrouped where groups[key] == nil && endpoints[key] != nil {
                join(key, group(policy.policies(of: key)))
            }
        }
        ungrouped = []
        // A set comes before the rules that name it, and goes after them, for all of it is one difference.
        for (set, change) in changes.sets {
            take(change, of: set)
        }
        for key in staleJudges.subtracting(changes.rules) {
            judgeChanged(key, hasOtherRules: false)
        }
        staleJudges = []
        for key in changes.rules {
            judgeChanged(key)
        }
    }

    private mutating func take(_ change: PolicyChanges.SetChange, of set: MemberSet) {
        if let former = change.formerKind {
            for member in change.removed {
                tracker.wantMember(false, ElementID(set.id(member.family, former), member.element(former)))
            }
            if change.kind != former {
                for family in IPFamily.allCases { tracker.wantMemberSet(nil, set.id(family, former)) }
            }
        }
        guard let kind = change.kind else { return }
        if kind != change.formerKind {
            for family in IPFamily.allCases {
                tracker.wantMemberSet(set.definition(family, kind), set.id(family, kind))
            }
        }
        for member in change.added {
            tracker.wantMember(true, ElementID(set.id(member.family, kind), member.element(kind)))
        }
    }

    /// Wants all sets of rules with all their members once more, after others have let go of them.
    mutating func wantMembers() {
        for set in policy.sets {
            guard let kind = policy.kind(of: set) else { continue }
            for family in IPFamily.allCases {
                tracker.wantMemberSet(set.definition(family, kind), set.id(family, kind))
            }
            for member in policy.members(of: set) {
                tracker.wantMember(true, ElementID(set.id(member.family, kind), member.element(kind)))
            }
        }
    }

    /// The names of the policies that judge an endpoint, in the order in which they are asked.
    package func policyNames(of key: ResourceKey) -> [String] {
        var names: [String] = []
        for tier in groups[key]?.policies.tiers ?? [] {
            for policy in tier.ingress + tier.egress.filter({ !tier.ingress.contains($0) }) {
                names.append(policy.policyName)
            }
        }
        return names
    }

    /// A copy to look at: without the tables by which the policy index works, which are large where a cluster is.
    package var forReports: DataplaneModel {
        var copy = self
        copy.policy = policy.answers
        return copy
    }

    // MARK: Groups

    private mutating func group(_ policies: EndpointPolicies) -> PolicyGroup {
        if let group = groupsByPolicies[policies] { return group }
        let group = PolicyGroup(policies)
        groupsByPolicies[policies] = group
        return group
    }

    mutating func join(_ key: ResourceKey, _ group: PolicyGroup?) {
        let former = if let group { groups.updateValue(group, forKey: key) } else { groups.removeValue(forKey: key) }
        guard former != group else { return }
        // Whoever had none is new, and dirty by that.
        if let former {
            dirty.insert(.endpoint(key))
            if Self.add(-1, to: &groupSizes[former]) == 0 {
                groupsByPolicies[former.policies] = nil
                dirty.insert(.group(former))
                for judge in former.judges {
                    groupsByJudge[judge]?.remove(former)
                    if groupsByJudge[judge]?.isEmpty == true { groupsByJudge[judge] = nil }
                }
                staleJudges.formUnion(former.judges)
            }
        }
        guard let group else { return }
        if Self.add(1, to: &groupSizes[group]) == 1 {
            dirty.insert(.group(group))
            for judge in group.judges {
                groupsByJudge[judge, default: []].insert(group)
            }
            staleJudges.formUnion(group.judges)
        }
    }

    /// A policy's or a profile's rules or users may be others now.
    /// - Parameter hasOtherRules: Without, only who uses it has changed.
    mutating func judgeChanged(_ judge: ResourceKey, hasOtherRules: Bool = true) {
        dirty.insert(.judge(judge))
        let users = groupsByJudge[judge]
        let rules = users == nil ? nil : policy.rules(of: judge)
        if rules?.logs == true { loggingJudges.insert(judge) } else { loggingJudges.remove(judge) }
        // Groups name a profile if it exists, and jump to a policy unless they have its rules themselves.
        let forms: [PolicyRenderer.Form]? = rules.map { rules in
            guard judge.kind != .profile, let renderer = policyRenderer(judge, rules) else { return [] }
            return TrafficDirection.allCases.map(renderer.form)
        }
        if forms != policyForms[judge] || hasOtherRules && forms?.contains(.inline) == true {
            policyForms[judge] = forms
            dirty.formUnion((users ?? []).map { .group($0) })
        }
    }

    /// Whether an endpoint's profile exists, of its own or for its namespace or service account.
    package func hasProfile(_ name: String) -> Bool {
        policy.rules(of: ResourceKey(kind: .profile, namespace: nil, name: name)) != nil
    }

    private func policyRenderer(_ key: ResourceKey, _ rules: ResolvedRules? = nil) -> PolicyRenderer? {
        guard let rules = rules ?? policy.rules(of: key) else { return nil }
        return PolicyRenderer(
            key: key, name: key.policyName, tier: policy.tierName(of: key) ?? "", rules: rules)
    }

    // MARK: Bundles

    func bundle(of group: PolicyGroup) -> ObjectBundle? {
        guard groupSizes[group] != nil else { return nil }
        return group.bundle(
            policy: { policyRenderer($0) }, hasProfile: hasProfile, canLog: host.canLog, kind: kind)
    }

    func bundle(ofJudge key: ResourceKey) -> ObjectBundle? {
        guard groupsByJudge[key] != nil, let rules = policy.rules(of: key) else { return nil }
        guard key.kind != .profile else {
            return ProfileRenderer.bundle(of: key.name, rules, canLog: host.canLog, kind: kind)
        }
        return policyRenderer(key, rules)?.bundle(canLog: host.canLog, kind: kind)
    }

    private var kind: (MemberSet) -> MemberSet.Kind { { [policy] in policy.kind(of: $0) ?? .addresses } }

    /// What judges an endpoint together with others and is not in the kernel as wanted: chains of its group, its policies
    /// and its profiles, and their sets.
    func unsettledJudges(of key: ResourceKey, _ audit: SourceFilterAudit) -> [ObjectID] {
        let hasPending = tracker.chains.hasPending || tracker.sets.hasPending || !audit.unsettledSets.isEmpty
        guard hasPending, let group = groups[key] else { return [] }
        let judges = group.judges
        let objects = ([.group(group)] + judges.map { .judge($0) })
            .flatMap { (owner: Owner) in bundles[owner]?.bundle.objects ?? [] }
        let sets = judges.reduce(into: Set<SetID>()) { sets, judge in
            guard let rules = policy.rules(of: judge) else { return }
            for set in (rules.ingress + rules.egress).flatMap(\.sets) {
                guard let kind = policy.kind(of: set) else { continue }
                sets.formUnion(IPFamily.allCases.map { set.id($0, kind) })
            }
        }
        return objects.filter { !tracker.isSettled($0) }
            + sets.filter { audit.unsettledSets.contains($0) || !tracker.sets.isSettled($0) }.map { .set($0) }
    }
}
