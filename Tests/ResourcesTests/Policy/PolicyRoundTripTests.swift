import NetworkValues
import Resources
import Selectors
import Testing

/// What goes in comes out, field for field, for the kinds that policy needs.
@Suite struct PolicyRoundTripTests {
    private func selector(_ text: String) throws -> Selector { try Selector(parsing: text) }

    @Test func everyFieldOfANetworkPolicyIsKept() throws {
        let expected = NetworkPolicy(
            metadata: Metadata(name: "platform.allow-web", namespace: "prod", labels: ["a": "b"], uid: "1a"),
            namespace: "prod", tier: "platform", order: 10.5, selector: try selector("role == 'web'"),
            serviceAccountSelector: try selector("team in {\"x\", \"y\"}"), types: [.ingress, .egress],
            ingress: [
                Rule(
                    action: .allow, ipVersion: .v4, protocol: .tcp, notProtocol: .udp,
                    source: EntityRule(
                        nets: [try IPPrefix(parsing: "10.0.0.0/8")], notNets: [try IPPrefix(parsing: "10.1.0.0/16")],
                        ports: [.range(PortRange(1024, 65535)!)], notPorts: [.range(PortRange(5000))],
                        selector: try selector("role == \"client\""), notSelector: try selector("has(banned)"),
                        namespaceSelector: try selector("projectcalico.org/name in {'a', 'b'}"),
                        serviceAccounts: ServiceAccountMatch(
                            names: ["ci", "cd"], selector: try selector("has(trusted)"))),
                    destination: EntityRule(
                        ports: [.range(PortRange(80)), .name("https"), .range(PortRange(8000, 8010)!)],
                        notPorts: [.name("admin")]),
                    annotations: ["why": "because"]),
                Rule(action: .pass),
            ],
            egress: [
                Rule(
                    action: .log, protocol: .icmp, icmp: ICMPFields(type: 8, code: 0), notICMP: ICMPFields(type: 3)),
                Rule(action: .deny, destination: EntityRule(namespaceSelector: try selector("global()"))),
            ],
            otherSpecFields: ["performanceHints": .list([.text("AssumeNeededOnEveryNode")])],
            otherFields: ["status": .mapping(["observed": .literal("1")])])
        #expect(try accepted(PolicySamples.networkPolicy) == .networkPolicy(expected))
        #expect(expected.key.description == "NetworkPolicy prod/platform.allow-web")
        #expect(
            report(PolicySamples.networkPolicy) == [
                "e.yaml:1:1 accepted NetworkPolicy prod/platform.allow-web"
            ])
    }

    @Test func everyFieldOfAGlobalNetworkPolicyIsKept() throws {
        let expected = NetworkPolicy(
            metadata: Metadata(name: "lock"), namespace: nil, order: 1000, selector: try selector("all()"),
            namespaceSelector: try selector("kubernetes.io/metadata.name != \"kube-system\""),
            serviceAccountSelector: try selector("has(x)"), types: [],
            egress: [
                Rule(action: .allow, protocol: .udp, destination: EntityRule(ports: [.range(PortRange(53))]))
            ], applyOnForward: true)
        #expect(try accepted(PolicySamples.globalNetworkPolicy) == .networkPolicy(expected))
        #expect(expected.directions == [.egress])
        #expect(
            try accepted(PolicySamples.globalNetworkPolicy).json
                == #"{"apiVersion":"projectcalico.org/v3","kind":"GlobalNetworkPolicy","metadata":{"name":"lock"},"#
                + #""spec":{"tier":"default","order":1000,"selector":"all()","#
                + #""namespaceSelector":"kubernetes.io/metadata.name != \"kube-system\"","#
                + #""serviceAccountSelector":"has(x)","types":[],"#
                + #""egress":[{"action":"Allow","protocol":"UDP","destination":{"ports":[53]}}],"applyOnForward":true}}"#
        )
    }

    @Test func everyFieldOfAKubernetesPolicyIsKept() throws {
        typealias Policy = KubernetesPolicy
        let expected = Policy(
            metadata: Metadata(name: "db", namespace: "prod"), namespace: "prod",
            podSelector: Policy.LabelSelector(
                matchLabels: ["role": "db"],
                matchExpressions: [
                    .init(key: "tier", operator: .isIn, values: ["back", "data"]),
                    .init(key: "tier", operator: .isNotIn, values: [""]),
                    .init(key: "app.example.org/name", operator: .exists),
                    .init(key: "old", operator: .doesNotExist),
                ]),
            policyTypes: [.ingress, .egress],
            ingress: [
                Policy.Rule(
                    peers: [
                        .ipBlock(
                            cidr: try IPPrefix(parsing: "172.17.0.0/16"),
                            except: [try IPPrefix(parsing: "172.17.1.0/24"), try IPPrefix(parsing: "172.17.2.1")]),
                        .pods(
                            Policy.LabelSelector(), namespaces: Policy.LabelSelector(matchLabels: ["project": "x"])),
                        .pods(Policy.LabelSelector(matchLabels: ["role": "web"]), namespaces: nil),
                        .pods(nil, namespaces: Policy.LabelSelector()),
                    ],
                    ports: [
                        Policy.Port(protocol: .tcp, port: .range(PortRange(6379))),
                        Policy.Port(port: .name("metrics")),
                        Policy.Port(protocol: .udp, port: .range(PortRange(32000)), endPort: 32768),
                        Policy.Port(protocol: .sctp),
                    ]),
                Policy.Rule(),
            ],
            egress: [], otherFields: ["status": .mapping([:])])
        #expect(try accepted(PolicySamples.kubernetesPolicy) == .kubernetesPolicy(expected))
        #expect(expected.key.description == "KubernetesNetworkPolicy prod/db")
        #expect(
            report(PolicySamples.kubernetesPolicy) == ["e.yaml:1:1 accepted KubernetesNetworkPolicy prod/db"])
    }

    @Test func everyFieldOfTheOtherKindsIsKept() throws {
        let nets = try ["198.51.100.0/24", "203.0.113.7/32", "2001:db8::/32"].map { try IPPrefix(parsing: $0) }
        #expect(
            try accepted(PolicySamples.tier)
                == .tier(
                    Tier(
                        metadata: Metadata(name: "platform"), order: 100, defaultAction: .pass,
                        otherSpecFields: ["colour": .text("red")])))
        #expect(
            try accepted(PolicySamples.networkSet)
                == .networkSet(
                    NetworkSet(
                        metadata: Metadata(name: "partners", namespace: "prod", labels: ["role": "partner"]),
                        namespace: "prod", nets: nets, otherSpecFields: ["colour": .text("red")])))
        #expect(try accepted(PolicySamples.globalNetworkSet).key.description == "GlobalNetworkSet threats")
        #expect(
            try accepted(PolicySamples.namespace)
                == .namespace(
                    Namespace(
                        metadata: Metadata(name: "prod", labels: ["team": "x", "kubernetes.io/metadata.name": "prod"]),
                        otherFields: [
                            "spec": .mapping(["finalizers": .list([.text("kubernetes")])]),
                            "status": .mapping(["phase": .text("Active")]),
                        ])))
        #expect(
            try accepted(PolicySamples.serviceAccount)
                == .serviceAccount(
                    ServiceAccount(
                        metadata: Metadata(name: "ci", namespace: "prod", labels: ["trusted": "yes"]),
                        namespace: "prod",
                        otherFields: [
                            "secrets": .list([.mapping(["name": .text("token")])]), "imagePullSecrets": .list([]),
                            "automountServiceAccountToken": .literal("false"),
                        ])))
        #expect(report(PolicySamples.namespace) == ["e.yaml:1:1 accepted Namespace prod"])
        #expect(report(PolicySamples.serviceAccount) == ["e.yaml:1:1 accepted ServiceAccount prod/ci"])
    }

    @Test func stagedPoliciesAreKeptWithAWarning() throws {
        #expect(
            report(PolicySamples.stagedNetworkPolicy) == [
                "e.yaml:2:7: warning: kind: a staged policy is kept and not enforced",
                "e.yaml:1:1 accepted StagedNetworkPolicy prod/trial",
            ])
        #expect(
            report(PolicySamples.stagedGlobalNetworkPolicy) == [
                "e.yaml:2:7: warning: kind: a staged policy is kept and not enforced",
                "e.yaml:1:1 accepted StagedGlobalNetworkPolicy trial",
            ])
        #expect(
            report(PolicySamples.stagedKubernetesPolicy) == [
                "e.yaml:2:7: warning: kind: a staged policy is kept and not enforced",
                "e.yaml:1:1 accepted StagedKubernetesNetworkPolicy prod/trial",
            ])
        guard case .networkPolicy(let policy) = try accepted(PolicySamples.stagedNetworkPolicy),
            case .kubernetesPolicy(let kubernetes) = try accepted(PolicySamples.stagedKubernetesPolicy)
        else { throw Unexpected(report: []) }
        #expect(policy.isStaged && policy.stagedAction == "Set")
        #expect(kubernetes.isStaged && kubernetes.stagedAction == "Ignore")
    }

    @Test(arguments: PolicySamples.all)
    func aResourcesJSONIsReadAsAnEqualResource(text: String) throws {
        let resource = try accepted(text)
        #expect(try accepted(resource.json) == resource, "\(resource.json)")
        #expect(try accepted(resource.json).json == resource.json)
        let yaml = try DocumentText(json: resource.json).yaml
        #expect(try accepted(yaml) == resource, "\(yaml)")
    }

    @Test func aListOfAllKindsIsReadAsThoseResources() throws {
        let resources = try PolicySamples.all.map { try accepted($0) }
        #expect(read(ResourceList.json(resources)).map(\.outcome) == resources.map { .accepted($0) })
        #expect(Set(resources.map(\.key.kind)).count == PolicySamples.all.count)
    }

    @Test(arguments: ["0", "-5", "0.1", "1e300", "100000000000000000000", "5e-324", "-0"])
    func anOrderIsAnyNumber(order: String) throws {
        let tier = try accepted(PolicySamples.tier.replacing("order: 100", with: "order: \(order)"))
        guard case .tier(let value) = tier else { throw Unexpected(report: [tier.json]) }
        #expect(value.order == Double(order))
        #expect(try accepted(tier.json) == tier)
    }
}
