import NetworkValues
import Nftables
package import Resources

/// A profile's rules as chains that all policy groups with that profile jump to.
package enum ProfileRenderer {
    /// The chain's name; the kernel takes 127 bytes, a profile's name may be longer.
    static func chain(of profile: String, _ direction: TrafficDirection) -> String {
        "profile-\(short(profile))-\(direction.rawValue)"
    }

    /// A name of at most 90 bytes; a longer one keeps its beginning and stays apart from others by a hash.
    private static func short(_ profile: String) -> String {
        guard profile.utf8.count > 90 else { return profile }
        var hash = StableHash()
        hash.combine(profile)
        return "\(profile.prefix(60))..\(hash.text)"
    }

    /// - Parameter canLog: Without, a rule that logs counts and goes on, as it would have done after its line.
    package static func bundle(of profile: Profile, canLog: Bool = true) -> ObjectBundle {
        let name = profile.metadata.name
        var bundle = ObjectBundle()
        for (direction, rules) in [(TrafficDirection.ingress, profile.ingress), (.egress, profile.egress)] {
            var rendered: [Nftables.Rule] = []
            for (index, rule) in rules.enumerated() {
                let place = "\(direction.rawValue)[\(index)]"
                let label = comment("profile \(name) \(place)")
                let action = action(rule.action, direction, logPrefix: "margay \(short(name)) \(place): ")
                let statements = rule.action == .log && !canLog ? [.counter] : [.counter, action]
                for conditions in RuleConditions.alternatives(of: rule, &bundle) {
                    rendered.append(Nftables.Rule(conditions + statements, comment: label))
                }
            }
            bundle.add(ChainDefinition(.margay, chain(of: name, direction), rendered))
        }
        return bundle
    }

    /// What becomes of a packet that matches. Pass returns to the policy group's chain, which asks the next profile:
    /// the group jumps to a profile's chain, and nothing in that jumps further.
    ///
    /// - Parameter logPrefix: At most 127 bytes. Nothing limits the lines: it is the kernel's log that does.
    private static func action(
        _ action: Resources.Rule.Action, _ direction: TrafficDirection, logPrefix: String
    ) -> Statement {
        switch action {
        case .allow: .accept
        case .deny: .goto(direction.denial)
        case .log: .log(prefix: logPrefix)
        case .pass: .verdict(.return)
        }
    }
}

extension Profile {
    /// Whether a rule of it writes to the kernel's log.
    var logs: Bool { (ingress + egress).contains { $0.action == .log } }
}
