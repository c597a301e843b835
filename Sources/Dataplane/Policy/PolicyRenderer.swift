import Nftables
import Policy
import Resources

/// A policy as chains that all policy groups with it jump to.
struct PolicyRenderer {
    let key: ResourceKey
    /// As people know the policy: `default/web`, or `web` for one of the whole cluster.
    let name: String
    let tier: String
    let rules: ResolvedRules

    /// How groups ask a policy.
    enum Form: Hashable, Sendable {
        /// It has no rules of that direction.
        case nothing
        /// By a jump to its chain.
        case jump
        /// Its rules stand in the group's own chain: what its Pass leads to is the group's alone.
        case inline
    }

    func form(_ direction: TrafficDirection) -> Form {
        rules[direction].isEmpty ? .nothing : rules.passes(direction) ? .inline : .jump
    }

    /// The chain's name. Kubernetes' policies have another beginning, since one of Calico's may have the same name.
    func chain(_ direction: TrafficDirection) -> String {
        let isKubernetes = key.kind == .kubernetesNetworkPolicy
        let path = key.namespace.map { "\($0)/\(key.name)" } ?? key.name
        return "\(isKubernetes ? "knp" : "policy")-\(StableHash.shortened(path, to: 90))-\(direction.rawValue)"
    }

    func renderer(
        _ direction: TrafficDirection, canLog: Bool, pass: Statement = .accept,
        kind: @escaping (MemberSet) -> MemberSet.Kind
    ) -> RuleRenderer {
        let (tier, name) = (tier, name)
        return RuleRenderer(
            direction: direction, label: { .policy(tier: tier, name: name, direction: direction, index: $0) },
            pass: pass,
            canLog: canLog, kind: kind)
    }

    /// The chains of the directions that groups jump to.
    func bundle(canLog: Bool, kind: @escaping (MemberSet) -> MemberSet.Kind) -> ObjectBundle {
        var bundle = ObjectBundle()
        for direction in TrafficDirection.allCases where form(direction) == .jump {
            let rules = renderer(direction, canLog: canLog, kind: kind).rendered(rules[direction], &bundle)
            bundle.add(ChainDefinition(.margay, chain(direction), rules))
        }
        return bundle
    }
}
