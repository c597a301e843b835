import NetworkValues
import Nftables
package import Policy
import Resources

/// The rules of a policy or a profile as rules of a chain.
package struct RuleRenderer {
    let direction: TrafficDirection
    /// What rules are called in the kernel, by their index.
    let label: (Int) -> RuleLabel
    /// What a packet that meets a Pass does.
    let pass: Statement
    /// Without, a rule that logs counts and goes on, as it would have done after its line.
    let canLog: Bool
    let kind: (MemberSet) -> MemberSet.Kind

    /// The lines that one rule leaves in the kernel's log each second, and at first.
    private static let logLimit = Statement.limit(perSecond: 10, burst: 5)

    /// - Parameter bundle: Gets the sets that are named after their content.
    func rendered(_ rules: [ResolvedRule], _ bundle: inout ObjectBundle) -> [Nftables.Rule] {
        var rendered: [Nftables.Rule] = []
        for (index, rule) in rules.enumerated() {
            let label = label(index)
            for conditions in RuleConditions.alternatives(of: rule, kind, &bundle) {
                rendered.append(
                    Nftables.Rule(
                        conditions + [.counter] + action(rule.rule.action, label), comment: label.comment))
            }
        }
        return rendered
    }

    /// What becomes of a packet that matches.
    private func action(_ action: Resources.Rule.Action, _ label: RuleLabel) -> [Statement] {
        switch action {
        case .allow: [.accept]
        case .deny: [.goto(direction.denial)]
        case .log: canLog ? [Self.logLimit, .log(prefix: label.logPrefix)] : []
        case .pass: [pass]
        }
    }
}

/// A profile's rules as chains that all policy groups with that profile jump to.
package enum ProfileRenderer {
    /// The chain's name; the kernel takes 127 bytes, a profile's name may be longer.
    static func chain(of profile: String, _ direction: TrafficDirection) -> String {
        "profile-\(StableHash.shortened(profile, to: 90))-\(direction.rawValue)"
    }

    /// Pass returns to the policy group's chain, which asks the next profile: the group jumps to a profile's chain, and
    /// nothing in that jumps further.
    package static func bundle(
        of name: String, _ rules: ResolvedRules, canLog: Bool = true,
        kind: @escaping (MemberSet) -> MemberSet.Kind = { _ in .addresses }
    ) -> ObjectBundle {
        var bundle = ObjectBundle()
        for direction in TrafficDirection.allCases {
            let renderer = RuleRenderer(
                direction: direction, label: { .profile(name: name, direction: direction, index: $0) },
                pass: .verdict(.return),
                canLog: canLog, kind: kind)
            let rules = renderer.rendered(rules[direction], &bundle)
            bundle.add(ChainDefinition(.margay, chain(of: name, direction), rules))
        }
        return bundle
    }
}

extension ResolvedRules {
    subscript(direction: TrafficDirection) -> [ResolvedRule] { direction == .ingress ? ingress : egress }

    /// Whether a rule of it writes to the kernel's log.
    var logs: Bool { (ingress + egress).contains { $0.rule.action == .log } }

    /// Whether a rule of it leads on to the next tier.
    func passes(_ direction: TrafficDirection) -> Bool { self[direction].contains { $0.rule.action == .pass } }
}
