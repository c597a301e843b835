import NetworkValues
import Policy
import Resources
import Selectors
import Testing

/// Kubernetes' own policies, as Calico understands them.
@Suite struct KubernetesPolicyTests {
    private let world: [Resource]

    init() throws {
        world = [
            namespace("red", ["colour": "red"]),
            try endpoint("pod", in: "red", orchestrator: "k8s", labels: ["app": "web"], at: ["10.0.0.1"]),
            try endpoint("vm", in: "red", orchestrator: "openstack", labels: ["app": "web"], at: ["10.0.0.2"]),
            try endpoint("b", on: nil, in: "blue", orchestrator: "k8s", labels: ["app": "web"], at: ["10.0.0.3"]),
            try endpoint("c", on: nil, in: "blue", orchestrator: "k8s", at: ["10.0.0.4"]),
        ]
    }

    private func policy(
        _ types: [NetworkPolicy.Direction]? = nil, ingress: [KubernetesPolicy.Rule]? = nil,
        egress: [KubernetesPolicy.Rule]? = nil
    ) -> KubernetesPolicy {
        KubernetesPolicy(
            metadata: Metadata(name: "k", namespace: "red"), namespace: "red",
            podSelector: .init(matchLabels: ["app": "web"]), policyTypes: types, ingress: ingress, egress: egress)
    }

    private func resolved(_ policy: KubernetesPolicy) throws -> (index: PolicyIndex, rules: ResolvedRules) {
        let index = PolicyIndex(world + [.kubernetesPolicy(policy)])
        return (index, try #require(index.rules(of: policy.key)))
    }

    @Test func itConcernsPodsAloneInTheDefaultTierUnderACalicoName() throws {
        let policy = policy()
        let (index, rules) = try resolved(policy)
        #expect(
            index.policies(of: local("pod", in: "red")).tiers == [
                EndpointPolicies.Tier(name: "default", defaultAction: .deny, ingress: [policy.key], egress: [])
            ])
        #expect(index.policies(of: local("vm", in: "red")).tiers.isEmpty)
        #expect(policy.key.policyName == "red/knp.default.k")
        #expect(index.tierName(of: policy.key) == "default")
        #expect(rules == ResolvedRules(), "ingress is closed")
    }

    @Test func itsOrderIsAThousand() throws {
        let k = policy()
        let (before, after) = (
            PolicyTests.policy("z", in: "red", order: 999), PolicyTests.policy("a", in: "red", order: 1001)
        )
        let index = PolicyIndex(
            world + [.kubernetesPolicy(k), .networkPolicy(before), .networkPolicy(after)])
        #expect(
            index.policies(of: local("pod", in: "red")).tiers.first?.ingress == [before.key, k.key, after.key])
    }

    @Test func itJudgesEgressIfItHasSuchRulesOrSaysSo() throws {
        let open = [KubernetesPolicy.Rule()]
        for (policy, egress) in [
            (policy(ingress: open), 0), (policy(egress: []), 0), (policy(egress: open), 1),
            (policy([.egress]), 1), (policy([.ingress], egress: open), 0),
        ] {
            let (index, _) = try resolved(policy)
            let tier = try #require(index.policies(of: local("pod", in: "red")).tiers.first)
            #expect(tier.egress.count == egress)
            #expect(tier.ingress.count == (policy.policyTypes == [.egress] ? 0 : 1))
        }
    }

    @Test func peersArePodsOfTheNamespacesThatAreMeant() throws {
        let web = KubernetesPolicy.LabelSelector(matchLabels: ["app": "web"])
        let red = KubernetesPolicy.LabelSelector(
            matchExpressions: [.init(key: "colour", operator: .isIn, values: ["red", "green"])])
        let cases: [(KubernetesPolicy.Peer, Set<String>)] = [
            (.pods(web, namespaces: nil), ["10.0.0.1"]),
            (.pods(web, namespaces: .init()), ["10.0.0.1", "10.0.0.3"]),
            (.pods(nil, namespaces: .init()), ["10.0.0.1", "10.0.0.3", "10.0.0.4"]),
            (.pods(.init(), namespaces: red), ["10.0.0.1"]),
            (
                .pods(
                    .init(matchExpressions: [.init(key: "app", operator: .doesNotExist)]),
                    namespaces: .init(matchExpressions: [.init(key: "colour", operator: .isNotIn, values: ["red"])])),
                ["10.0.0.4"]
            ),
        ]
        for (peer, expected) in cases {
            let policy = policy(ingress: [.init(peers: [peer])])
            let (index, rules) = try resolved(policy)
            #expect(index.sources(of: policy.key) == expected, "\(peer)")
            #expect(rules.ingress.map(\.rule.action) == [.allow])
        }
    }

    @Test func aBlockIsANetworkWithExceptions() throws {
        let (block, hole) = (try IPPrefix(parsing: "10.0.0.0/8"), try IPPrefix(parsing: "10.1.0.0/16"))
        let (_, rules) = try resolved(policy(egress: [.init(peers: [.ipBlock(cidr: block, except: [hole])])]))
        #expect(rules.egress.map(\.rule) == [allow(to: EntityRule(nets: [block], notNets: [hole]))])
    }

    @Test func portsOfOneProtocolBecomeOneRuleForEachPeer() throws {
        let peer = KubernetesPolicy.Peer.ipBlock(cidr: try IPPrefix(parsing: "10.0.0.0/8"), except: [])
        let ports: [KubernetesPolicy.Port] = [
            .init(port: .range(PortRange(80))), .init(protocol: .udp, port: .name("dns")),
            .init(protocol: .tcp, port: .range(PortRange(8000)), endPort: 8010), .init(protocol: .sctp),
        ]
        let range = try #require(PortRange(8000, 8010))
        let tcp: [RulePort] = [.range(PortRange(80)), .range(range)]
        let source = EntityRule(nets: [try IPPrefix(parsing: "10.0.0.0/8")])
        let (_, rules) = try resolved(policy(ingress: [.init(peers: [peer, peer], ports: ports)]))
        #expect(
            rules.ingress.map(\.rule) == [
                allow(from: source, to: EntityRule(ports: tcp), .tcp),
                allow(from: source, to: EntityRule(ports: tcp), .tcp),
                allow(from: source, to: EntityRule(ports: [.name("dns")]), .udp),
                allow(from: source, to: EntityRule(ports: [.name("dns")]), .udp), allow(from: source, .sctp),
                allow(from: source, .sctp),
            ])
        #expect(rules.ingress[2].destination.ports?.ports?.names == ["dns"])
    }
}
