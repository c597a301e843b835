import Dataplane
import Resources

/// The rules of policies and profiles, by what the kernel's comments call them.
struct RuleCatalogue: Sendable {
    struct Entry: Sendable {
        let key: ResourceKey
        /// The rule as JSON.
        let text: String
    }

    /// By comments, which are shortened names: only what made the comment tells whose it is.
    private let entries: [String: Entry]

    init(_ resources: [Resource]) {
        var entries: [String: Entry] = [:]
        for resource in resources {
            for (direction, rules) in resource.rulesByDirection {
                for (index, rule) in rules.enumerated() {
                    let label: RuleLabel
                    switch resource {
                    case .profile(let profile):
                        label = .profile(name: profile.metadata.name, direction: direction, index: index)
                    case .networkPolicy(let policy):
                        label = .policy(
                            tier: policy.tier, name: policy.key.shortName, direction: direction, index: index)
                    default: continue
                    }
                    entries[label.comment] = Entry(key: resource.key, text: rule.json)
                }
            }
        }
        self.entries = entries
    }

    subscript(comment: String) -> Entry? { entries[comment] }
}

extension Resource {
    fileprivate var rulesByDirection: [(TrafficDirection, [Rule])] {
        switch self {
        case .profile(let profile): [(.ingress, profile.ingress), (.egress, profile.egress)]
        case .networkPolicy(let policy) where !policy.isStaged:
            [(.ingress, policy.ingress), (.egress, policy.egress)]
        default: []
        }
    }
}
