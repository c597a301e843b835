import Dataplane
import Policy
import Resources

/// The rules of policies and profiles, by what the kernel's comments call them.
struct RuleCatalogue: Sendable {
    struct Entry: Sendable {
        let key: ResourceKey
        /// The rule as JSON: as the resource has it, or of a Kubernetes policy what it comes to.
        let text: String?
    }

    /// By comments, in which long names are shortened: only what made a comment tells whose it is.
    private let entries: [String: Entry]

    init(_ resources: [Resource], _ policies: PolicyIndex) {
        var entries: [String: Entry] = [:]
        for resource in resources {
            let rules =
                resource.rules
                ?? policies.rules(of: resource.key).map { rules in
                    (ingress: rules.ingress.map(\.rule), egress: rules.egress.map(\.rule))
                }
            guard let rules, let tier = resource.tierOfRules else { continue }
            let name = resource.key.policyName
            for (direction, list) in [(TrafficDirection.ingress, rules.ingress), (.egress, rules.egress)] {
                for (index, rule) in list.enumerated() {
                    let label: RuleLabel =
                        resource.key.kind == .profile
                        ? .profile(name: name, direction: direction, index: index)
                        : .policy(tier: tier, name: name, direction: direction, index: index)
                    entries[label.comment] = Entry(key: resource.key, text: rule.json)
                }
            }
        }
        self.entries = entries
    }

    subscript(label: RuleLabel?) -> Entry? { label.flatMap { entries[$0.comment] } }
}

extension Resource {
    /// As somebody has written them.
    fileprivate var rules: (ingress: [Rule], egress: [Rule])? {
        switch self {
        case .profile(let profile): (profile.ingress, profile.egress)
        case .networkPolicy(let policy): (policy.ingress, policy.egress)
        default: nil
        }
    }

    /// Empty for a profile; `nil` for what is no policy, or not enforced.
    fileprivate var tierOfRules: String? {
        switch self {
        case .profile: ""
        case .networkPolicy(let policy): policy.isStaged ? nil : policy.tier
        case .kubernetesPolicy(let policy): policy.isStaged ? nil : Tier.defaultName
        default: nil
        }
    }
}
