import NetworkValues
import Resources
import Selectors
import TestSupport
import Testing

/// Policies with whatever their fields may hold: what is written of them is read as them.
@Suite struct RandomPolicyTests {
    @Test(arguments: 0..<8)
    func aPolicysJSONIsReadAsAnEqualPolicy(seed: Int) {
        var generator = SplitMix(seed: UInt64(seed))
        let resources = (0..<100).map { _ -> Resource in
            Bool.random(using: &generator)
                ? .networkPolicy(generator.networkPolicy()) : .kubernetesPolicy(generator.kubernetesPolicy())
        }
        for resource in resources {
            #expect(read(resource.json).map(\.outcome) == [.accepted(resource)], "\(resource.json)")
        }
        #expect(read(ResourceList.json(resources)).map(\.outcome) == resources.map { .accepted($0) })
    }
}

extension SplitMix {
    fileprivate mutating func networkPolicy() -> NetworkPolicy {
        let namespace = maybe { $0.name() }
        let isStaged = Bool.random(using: &self)
        var policy = NetworkPolicy(
            metadata: Metadata(name: name(), namespace: namespace), namespace: namespace, isStaged: isStaged,
            tier: pick(["default", "a", "t-1"]), order: maybe { $0.pick([0, -1, 0.5, 1e6, 1e300]) },
            selector: maybe { $0.selector() } ?? Selector(text: "", expression: .all),
            serviceAccountSelector: maybe { $0.selector() }, types: maybe { $0.types() }, ingress: rules(),
            egress: rules(), stagedAction: isStaged ? maybe { $0.pick(["Set", "Delete", "Learn", "Ignore"]) } : nil)
        if namespace == nil {
            policy.namespaceSelector = maybe { $0.selector() }
            policy.doNotTrack = Bool.random(using: &self)
            policy.preDNAT = Bool.random(using: &self)
            policy.applyOnForward = Bool.random(using: &self)
        }
        return policy
    }

    fileprivate mutating func kubernetesPolicy() -> KubernetesPolicy {
        let namespace = name()
        let isStaged = Bool.random(using: &self)
        return KubernetesPolicy(
            metadata: Metadata(name: name(), namespace: namespace), namespace: namespace, isStaged: isStaged,
            podSelector: labelSelector(), policyTypes: maybe { $0.types() },
            ingress: maybe { $0.some { $0.kubernetesRule() } }, egress: maybe { $0.some { $0.kubernetesRule() } },
            stagedAction: isStaged ? maybe { $0.pick(["Set", "Ignore"]) } : nil)
    }

    private mutating func rules() -> [Rule] {
        some { generator in
            let match = generator.pick([nil, IPProtocol.tcp, .udp, .sctp, .udpLite])
            let hasPorts = match?.hasPorts ?? false
            return Rule(
                action: generator.pick(Rule.Action.allCases), protocol: match, source: generator.end(hasPorts),
                destination: generator.end(hasPorts), annotations: generator.maybe { [$0.name(): $0.name()] } ?? [:])
        }
    }

    private mutating func end(_ hasPorts: Bool) -> EntityRule {
        var end = EntityRule(
            nets: some { $0.network(pick: 10) }, notNets: some { $0.network(pick: 20) },
            selector: maybe { $0.selector() }, notSelector: maybe { $0.selector() },
            namespaceSelector: maybe { generator in
                generator.pick([nil, Selector(text: "global( )", expression: .global)]) ?? generator.selector()
            },
            serviceAccounts: maybe { generator in
                ServiceAccountMatch(names: [generator.name()], selector: generator.maybe { $0.selector() })
            })
        if hasPorts {
            end.ports = some { $0.port() }
            end.notPorts = some { $0.port() }
        }
        return end
    }

    private mutating func port() -> RulePort {
        let first = UInt16.random(in: 1...65535, using: &self)
        let last = UInt16.random(in: first...65535, using: &self)
        return PortRange(first, last).flatMap { range in maybe { _ in .range(range) } } ?? .name("p\(first)-x")
    }

    private mutating func kubernetesRule() -> KubernetesPolicy.Rule {
        KubernetesPolicy.Rule(peers: some { $0.peer() }, ports: some { $0.kubernetesPort() })
    }

    private mutating func peer() -> KubernetesPolicy.Peer {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: ipBlock(network(pick: 10))
        case 1: .pods(labelSelector(), namespaces: nil)
        case 2: .pods(nil, namespaces: labelSelector())
        default: .pods(labelSelector(), namespaces: labelSelector())
        }
    }

    private mutating func ipBlock(_ network: IPPrefix) -> KubernetesPolicy.Peer {
        .ipBlock(
            cidr: network, except: some { IPPrefix(network.lastAddress, length: $0.pick([network.length + 1, 32])) })
    }

    private mutating func kubernetesPort() -> KubernetesPolicy.Port {
        let port = UInt16.random(in: 1...65535, using: &self)
        return KubernetesPolicy.Port(
            protocol: maybe { $0.pick(TransportProtocol.allCases) }, port: .range(PortRange(port)),
            endPort: maybe { UInt16.random(in: port...65535, using: &$0) })
    }

    private mutating func labelSelector() -> KubernetesPolicy.LabelSelector {
        KubernetesPolicy.LabelSelector(
            matchLabels: maybe { [$0.name(): $0.name()] } ?? [:],
            matchExpressions: some { generator in
                let condition = generator.pick(KubernetesPolicy.LabelSelector.Operator.allCases)
                let hasValues = condition == .isIn || condition == .isNotIn
                return .init(
                    key: generator.name(), operator: condition, values: hasValues ? [generator.name(), ""] : [])
            })
    }

    /// A text in any of its spellings.
    private mutating func selector() -> Selector {
        let text = pick([
            "a == 'b'", "has(a)&&!has(b)", " (a in {\"x\", 'y'}) || b notin{} ", "a starts with \"it's\"", "\tall()",
            "a != 'say \"x\"'", "!(a contains 'é' && b ends with '')",
        ])
        // The force is a test's: these are all valid.
        return try! Selector(parsing: text)
    }

    private mutating func network(pick first: UInt128) -> IPPrefix {
        Bool.random(using: &self)
            ? IPPrefix(IPAddress(family: .v4, rawValue: first << 24), length: pick([8, 9, 31]))
            : IPPrefix(IPAddress(family: .v4, rawValue: first << 24 | 1 << 20), length: pick([12, 20]))
    }

    private mutating func types() -> [NetworkPolicy.Direction] {
        pick([[], [.ingress], [.egress], [.egress, .ingress]])
    }

    private mutating func name() -> String {
        pick(["a", "no", "x-1", "y.z", "0x1f"]) + String(UInt8.random(in: 0...255, using: &self))
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &self)]
    }

    private mutating func maybe<Value>(_ make: (inout SplitMix) -> Value) -> Value? {
        Bool.random(using: &self) ? make(&self) : nil
    }

    private mutating func some<Value>(_ make: (inout SplitMix) -> Value) -> [Value] {
        (0..<Int.random(in: 0...2, using: &self)).map { _ in make(&self) }
    }
}
