import Resources
import Selectors

/// Turns the selectors of rules into sets.
struct RuleResolver {
    /// Of the policy, `nil` for one of the whole cluster and for a profile.
    let namespace: String?
    /// What the sets select, by their canonical texts.
    private(set) var selectors: [String: Selector.Expression] = [:]

    init(namespace: String?) {
        self.namespace = namespace
    }

    mutating func resolve(_ rules: [Rule]) -> [ResolvedRule] { rules.map { resolve($0) } }

    private mutating func resolve(_ rule: Rule) -> ResolvedRule {
        var resolved = ResolvedRule(rule)
        resolved.source = resolve(rule.source, of: rule)
        resolved.destination = resolve(rule.destination, of: rule)
        return resolved
    }

    private mutating func resolve(_ end: EntityRule, of rule: Rule) -> ResolvedRule.End {
        var resolved = ResolvedRule.End()
        let selected = positive(end)
        resolved.ports = ports(end.ports.names, of: selected, in: rule)
        resolved.notPorts = ports(end.notPorts.names, of: selected, in: rule)
        // Whoever has a port of the name is selected already.
        if let selected, resolved.ports == nil || !end.ports.ranges.isEmpty {
            resolved.sets = [set(selected)]
        }
        if let excluded = end.notSelector?.given {
            resolved.notSets = [set(excluded)]
        }
        return resolved
    }

    /// What the address must be of; `nil` for anything, known or not.
    private func positive(_ end: EntityRule) -> Selector.Expression? {
        var parts: [Selector.Expression] = []
        let accounts = end.serviceAccounts.flatMap(Self.accounts)
        if let namespaces = end.namespaceSelector?.given {
            parts.append(namespaces.ofNamespaces)
        } else if let namespace,
            end.selector?.given != nil || end.notSelector?.given != nil || end.serviceAccounts != nil
        {
            parts.append(.equal(InheritedLabel.namespace, namespace))
        }
        if let accounts { parts.append(accounts) }
        if let selector = end.selector?.given { parts.append(selector) }
        return parts.isEmpty ? nil : .conjunction(parts)
    }

    private static func accounts(_ match: ServiceAccountMatch) -> Selector.Expression? {
        var parts: [Selector.Expression] = []
        if !match.names.isEmpty { parts.append(.isIn(InheritedLabel.account, Set(match.names).sorted())) }
        if let selector = match.selector?.given { parts.append(selector.prefixed(InheritedLabel.accountPrefix)) }
        return parts.isEmpty ? nil : .conjunction(parts)
    }

    private mutating func set(_ expression: Selector.Expression, _ ports: MemberSet.NamedPorts? = nil) -> MemberSet {
        let text = expression.description
        selectors[text] = expression
        return MemberSet(selector: text, ports: ports)
    }

    private mutating func ports(_ names: [String], of selected: Selector.Expression?, in rule: Rule) -> MemberSet? {
        guard !names.isEmpty else { return nil }
        let match = TransportProtocol.allCases.first { $0.ipProtocol == rule.protocol }
        // Only rules for one of them get here with ports.
        return set(selected ?? .all, MemberSet.NamedPorts(names: names, protocol: match ?? .tcp))
    }
}

extension Selector {
    /// `nil` for an empty text, which in a rule is the same as no selector.
    fileprivate var given: Expression? { text.isEmpty ? nil : expression }
}
