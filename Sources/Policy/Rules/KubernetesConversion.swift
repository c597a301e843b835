import NetworkValues
import Resources
import Selectors

extension NetworkPolicy {
    /// A policy of Kubernetes as Calico's (libcalico-go, `conversion.K8sNetworkPolicyToCalico`).
    init(converting policy: KubernetesPolicy) {
        var metadata = policy.metadata
        metadata.name = "knp.default.\(policy.metadata.name)"
        let types = NetworkPolicy.Direction.allCases.filter(policy.directions.contains)
        self.init(
            metadata: metadata, namespace: policy.namespace, isStaged: policy.isStaged, order: 1000,
            selector: Selector(ofPods: policy.podSelector), types: types,
            ingress: (policy.ingress ?? []).flatMap { rule in
                Self.rules(rule) { Rule(action: .allow, protocol: $1?.protocol, source: $0, destination: $1?.end) }
            },
            egress: (policy.egress ?? []).flatMap { rule in
                Self.rules(rule) { peer, ports in
                    var destination = peer
                    destination.ports = ports?.end.ports ?? []
                    return Rule(action: .allow, protocol: ports?.protocol, destination: destination)
                }
            },
            stagedAction: policy.stagedAction)
    }

    private typealias Ports = (protocol: IPProtocol, end: EntityRule)

    /// One rule for each peer and protocol.
    private static func rules(
        _ rule: KubernetesPolicy.Rule, _ make: (EntityRule, Ports?) -> Rule
    ) -> [Rule] {
        let peers = rule.peers.isEmpty ? [EntityRule()] : rule.peers.map(entity)
        let ports: [Ports?] = rule.ports.isEmpty ? [nil] : merged(rule.ports)
        return ports.flatMap { ports in peers.map { make($0, ports) } }
    }

    /// The ports of each protocol in one list, which is empty if all of its ports are meant.
    private static func merged(_ ports: [KubernetesPolicy.Port]) -> [Ports] {
        TransportProtocol.allCases.compactMap { match in
            let some = ports.filter { ($0.protocol ?? .tcp) == match }
            guard !some.isEmpty else { return nil }
            guard some.allSatisfy({ $0.port != nil }) else { return (match.ipProtocol, EntityRule()) }
            return (match.ipProtocol, EntityRule(ports: some.compactMap(\.rulePort)))
        }
    }

    private static func entity(_ peer: KubernetesPolicy.Peer) -> EntityRule {
        switch peer {
        case .ipBlock(let network, let except): EntityRule(nets: [network], notNets: except)
        case .pods(let pods, let namespaces):
            EntityRule(
                selector: Selector(ofPods: pods ?? KubernetesPolicy.LabelSelector()),
                namespaceSelector: namespaces.map { selector in
                    let expression = Selector.Expression.conjunction(selector.requirements)
                    return Selector(text: expression.description, expression: expression)
                })
        }
    }
}

extension Rule {
    fileprivate init(action: Action, protocol: IPProtocol?, source: EntityRule, destination: EntityRule?) {
        self.init(action: action, protocol: `protocol`, source: source, destination: destination ?? EntityRule())
    }
}

extension KubernetesPolicy.Port {
    fileprivate var rulePort: RulePort? {
        guard let endPort, case .range(let range) = port, let whole = PortRange(range.lowerBound, endPort) else {
            return port
        }
        return .range(whole)
    }
}

extension Selector {
    /// Pods alone: other endpoints may have the same labels.
    fileprivate init(ofPods selector: KubernetesPolicy.LabelSelector) {
        let expression = Expression.conjunction(
            [.equal(InheritedLabel.orchestrator, "k8s")] + selector.requirements)
        self.init(text: expression.description, expression: expression)
    }
}

extension KubernetesPolicy.LabelSelector {
    fileprivate var requirements: [Selector.Expression] {
        matchLabels.sorted { $0.key < $1.key }.map { .equal($0.key, $0.value) }
            + matchExpressions.map { requirement in
                switch requirement.operator {
                case .isIn: .isIn(requirement.key, Set(requirement.values).sorted())
                case .isNotIn: .isNotIn(requirement.key, Set(requirement.values).sorted())
                case .exists: .has(requirement.key)
                case .doesNotExist: .not(.has(requirement.key))
                }
            }
    }
}
