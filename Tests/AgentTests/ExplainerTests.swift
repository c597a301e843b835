import Dataplane
import NetworkValues
import Resources
import Settings
import Testing

@testable import Agent

/// What `margay explain` answers by what is wanted. That packets meet the same, the kernel tests ask the kernel.
struct ExplainerTests {
    static let documents = """
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: web, namespace: default, labels: {app: web}}
        spec:
          node: node1
          interfaceName: cali1
          ipNetworks: [10.65.0.2/32, "2001:db8::2/128"]
          ipNATs: [{internalIP: 10.65.0.2, externalIP: 203.0.113.2}]
          profiles: [open]
          mac: 02:00:00:00:00:01
        ---
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: db, namespace: default}
        spec: {node: node1, interfaceName: cali2, ipNetworks: [10.65.0.3/32], profiles: [db, absent]}
        ---
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: db, namespace: prod}
        spec: {node: node1, interfaceName: cali3, ipNetworks: ["2001:db8::3/128"]}
        ---
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: far, namespace: default}
        spec: {node: node2, interfaceName: cali1, ipNetworks: [10.65.1.3/32], profiles: [db]}
        ---
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: odd, namespace: default}
        spec: {node: node1, interfaceName: cali4, ipNetworks: [10.65.0.4/32], profiles: [open], mac: "02:00:00:11:22:00:00:01"}
        ---
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {name: zoe, namespace: default}
        spec: {node: node1, interfaceName: cali5, ipNetworks: [10.65.0.2/32], profiles: [open]}
        ---
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: open}
        spec:
          ingress: [{action: Log}, {action: Allow}]
          egress: [{action: Deny, destination: {nets: [198.51.100.0/24]}}, {action: Allow}]
        ---
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: db}
        spec:
          ingress: [{action: Allow, protocol: TCP, destination: {ports: [5432]}}, {action: Deny, protocol: UDP}]

        """

    private func explain(
        _ from: String, _ to: String, _ transport: IPProtocol = .tcp, port: UInt16? = 80, family: IPFamily? = nil,
        more: String = "", settings change: (inout AgentSettings) -> Void = { _ in }
    ) throws -> Explanation {
        var settings = AgentSettings(node: "node1")
        change(&settings)
        let documents = ResourceReader().documents(in: Array((Self.documents + more).utf8), file: "test.yaml")
        let resources = try documents.map { document in
            guard case .accepted(let resource) = document.outcome else {
                throw ExplainError("\(document.outcome)")
            }
            return resource
        }
        var question = ExplainQuestion(
            from: from, to: to, protocol: transport.rawValue, port: transport.hasPorts ? port : nil, family: family)
        if !transport.hasPorts { (question.icmpType, question.icmpCode) = (transport == .icmp ? 8 : 128, 0) }
        return try Explain.answer(question, resources, settings, readsKernel: false)
    }

    private func findings(_ explanation: Explanation) -> [String] {
        explanation.desired.findings.map { "\($0.direction) \($0.verdict?.rawValue ?? "elsewhere"): \($0.why)" }
    }

    @Test func theRuleThatDecidesIsNamedWithItsText() throws {
        let answer = try explain("web", "default/db", port: 5432)
        #expect(answer.verdict == .allow && answer.agrees == nil && answer.kernel == nil && answer.notes == [])
        #expect(
            findings(answer) == [
                "egress allow: rule egress[1] of profile open allows it",
                "ingress allow: rule ingress[0] of profile db allows it",
            ])
        let decision = try #require(answer.desired.findings[1].decision)
        #expect(decision.kind == "Profile" && decision.name == "db" && decision.place == "ingress[0]")
        #expect(decision.text == #"{"action":"Allow","protocol":"TCP","destination":{"ports":[5432]}}"#)
        #expect(decision.chain == "profile-db-ingress" && decision.tier == nil && !decision.isForeign)
        #expect(answer.from.name == "default/web" && answer.from.address?.description == "10.65.0.2")
        #expect(answer.traffic == "TCP, port 5432")
        // The rules on the way, those that log among them.
        let path = try explain("cali2", "web").desired.findings[1].path.map { "\($0.chain)[\($0.index)]" }
        #expect(path.suffix(2) == ["profile-open-ingress[0]", "profile-open-ingress[1]"])
    }

    @Test func aDenialSaysWhatIsMissing() throws {
        let udp = try explain("web", "default/db", .udp)
        #expect(udp.verdict == .deny && udp.desired.findings[0].verdict == .allow)
        #expect(findings(udp)[1] == "ingress deny: rule ingress[1] of profile db denies it")
        #expect(
            findings(try explain("web", "cali2"))[1]
                == "ingress deny: no profile allows it: db, absent; there is no profile absent")
        #expect(
            findings(try explain("web", "prod/db"))[1] == "ingress deny: the endpoint has no policy and no profile")
        #expect(
            findings(try explain("web", "198.51.100.7")) == [
                "egress deny: rule egress[0] of profile open denies it",
                "ingress elsewhere: not judged: 198.51.100.7 is no endpoint's",
            ])
        #expect(
            findings(try explain("odd", "198.18.0.1"))[0]
                == "egress deny: the endpoint is closed: its MAC 02:00:00:11:22:00:00:01 cannot be enforced")
    }

    /// One that has lost its only address to an older one sends nothing, and what is sent there reaches the other.
    @Test func addressesAreThoseOfWhoeverHasThem() throws {
        #expect(findings(try explain("zoe", "198.18.0.1")).first?.hasPrefix("egress deny: source filter: ") == true)
        #expect(try explain("default/db", "zoe").desired.findings[1].place.name == "default/web")
        #expect(
            findings(try explain("cali9", "web"))[0]
                == "egress deny: no endpoint has cali9, and unknownInterfaces is drop")
        #expect(
            findings(try explain("cali9", "web") { $0.unknownInterfaces = .ignore })[0]
                == "egress allow: no rule denies it: nothing leads cali9 to a policy")
    }

    @Test func whatOthersJudgeIsSaidToBeElsewhere() throws {
        let remote = try explain("web", "far")
        #expect(remote.verdict == .allow && remote.to.kind == .remote && remote.to.node == "node2")
        #expect(findings(remote)[1] == "ingress elsewhere: judged elsewhere: default/far is an endpoint of node node2")
        #expect(try explain("10.65.1.3", "web").from.name == "default/far")
        let host = try explain("169.254.1.1", "web")
        #expect(
            findings(host) == [
                "egress elsewhere: the host's own traffic is not judged",
                "ingress allow: what the host itself sends is not judged",
            ])
        #expect(throws: ExplainError.self) { try explain("198.18.0.1", "198.18.0.2") }
        #expect(throws: ExplainError.self) { try explain("far", "198.18.0.2") }
    }

    @Test func theHostIsReachedAsItsSettingSays() throws {
        let denied =
            "ingress deny: endpointToHost is drop: of the host it reaches DNS, DHCP and neighbour discovery alone"
        #expect(findings(try explain("web", "169.254.1.1"))[1] == denied)
        #expect(
            findings(try explain("web", "169.254.1.1", .udp, port: 53))[1]
                == "ingress allow: the host answers DNS whatever endpointToHost says")
        #expect(
            findings(try explain("web", "169.254.1.1") { $0.endpointToHost = .accept })[1]
                == "ingress allow: endpointToHost is accept")
        #expect(try explain("default/db", "169.254.1.1").verdict == .deny)
    }

    @Test func anExternalAddressIsExplainedAfterItsTranslation() throws {
        let answer = try explain("default/db", "203.0.113.2", port: 443)
        #expect(answer.to.address?.description == "203.0.113.2" && answer.to.name == "default/web")
        #expect(answer.desired.destination.description == "10.65.0.2")
        #expect(findings(answer)[1] == "ingress allow: rule ingress[1] of profile open allows it")
        #expect(try explain("203.0.113.2", "198.18.0.1").from.address?.description == "10.65.0.2")
    }

    @Test func theFamilyIsOneThatBothHave() throws {
        #expect(try explain("web", "default/db").from.address?.description == "10.65.0.2")
        #expect(try explain("web", "prod/db").from.address?.description == "2001:db8::2")
        #expect(try explain("web", "198.18.0.1", .icmp).from.address?.family == .v4)
        #expect(try explain("web", "cali3", .icmpv6).from.address?.family == .v6)
        #expect(try explain("web", "cali1", family: .v6).from.address?.family == .v6)
        let error = #expect(throws: ExplainError.self) { try explain("default/db", "prod/db") }
        #expect(
            error?.description
                == "there are no two addresses of one family: default/db has 10.65.0.3; prod/db has 2001:db8::3")
        #expect(throws: ExplainError.self) { try explain("default/db", "web", .icmpv6) }
        #expect(throws: ExplainError.self) { try explain("default/db", "web", family: .v6) }
    }

    @Test func namesThatAreUnclearAreTold() throws {
        let ambiguous = #expect(throws: ExplainError.self) { try explain("web", "db") }
        #expect(ambiguous?.description == "\"db\" is ambiguous: default/db (cali2), prod/db (cali3)")
        let unknown = #expect(throws: ExplainError.self) { try explain("nobody", "web") }
        #expect(unknown?.description.hasPrefix("no endpoint has the name or interface \"nobody\"") == true)
        let loser = """
            ---
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: x, namespace: default}
            spec: {node: node1, interfaceName: cali2, ipNetworks: [10.65.0.9/32]}

            """
        let lost = #expect(throws: ExplainError.self) { try explain("x", "web", more: loser) }
        #expect(lost?.description == "default/x is not programmed: its interface cali2 belongs to default/db")
        // By the interface the one that has it is meant.
        #expect(try explain("cali2", "web", more: loser).from.name == "default/db")
    }

    @Test func whatTheQuestionLeavesOpenIsNamed() throws {
        let answer = try explain("web", "default/db", port: nil)
        #expect(answer.verdict == .unknown)
        #expect(findings(answer)[1] == "ingress unknown: a rule asks for the port, which the question leaves open")
    }

    /// Tiers, Pass, what selects nobody, and the end of a tier.
    @Test func policiesOfTiersDecide() throws {
        let policies = """
            ---
            apiVersion: projectcalico.org/v3
            kind: Tier
            metadata: {name: security}
            spec: {order: 1}
            ---
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata: {name: guard}
            spec:
              tier: security
              selector: app == 'web'
              ingress:
                - {action: Deny, source: {nets: [192.0.2.0/24]}}
                - {action: Pass, protocol: TCP}
            ---
            apiVersion: projectcalico.org/v3
            kind: NetworkPolicy
            metadata: {name: web, namespace: default}
            spec:
              selector: app == 'web'
              ingress: [{action: Allow, protocol: TCP, destination: {ports: [443]}}]

            """
        func ingress(_ from: String, port: UInt16, _ transport: IPProtocol = .tcp) throws -> Explanation.Finding {
            try explain(from, "web", transport, port: port, more: policies).desired.findings[1]
        }
        let denied = try ingress("192.0.2.9", port: 443)
        #expect(denied.verdict == .deny && denied.why == "rule ingress[0] of policy guard in tier security denies it")
        #expect(denied.decision?.kind == "GlobalNetworkPolicy" && denied.decision?.tier == "security")
        #expect(denied.decision?.text == #"{"action":"Deny","source":{"nets":["192.0.2.0/24"]}}"#)
        let allowed = try ingress("198.18.0.1", port: 443)
        #expect(allowed.why == "rule ingress[0] of policy default/web in tier default allows it")
        #expect(allowed.decision?.name == "default/web" && allowed.decision?.kind == "NetworkPolicy")
        let ended = try ingress("198.18.0.1", port: 80)
        #expect(ended.verdict == .deny && ended.why == "no policy of tier default allows it: default/web")
        #expect(ended.decision?.tier == "default" && ended.decision?.place == nil)
        let other = try ingress("198.18.0.1", port: 53, .udp)
        #expect(other.why == "no policy of tier security allows it: guard")
        // Of egress none of them has anything to say, and the profile decides.
        let egress = try explain("web", "198.18.0.1", more: policies).desired.findings[0]
        #expect(egress.why == "rule egress[1] of profile open allows it")
    }

    @Test func kubernetesPoliciesAreNamedAsTheyAreThere() throws {
        let policy = """
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: np, namespace: default}
            spec:
              podSelector: {}
              ingress: [{ports: [{port: 443}]}]

            """
        let documents = Self.documents.replacing(
            "namespace: default, labels: {app: web}}\nspec:", with: "namespace: default}\nspec:\n  orchestrator: k8s")
        #expect(documents != Self.documents)
        let resources = ResourceReader().documents(in: Array((documents + policy).utf8), file: "t").compactMap {
            if case .accepted(let resource) = $0.outcome { resource } else { nil }
        }
        func finding(_ port: UInt16) throws -> Explanation.Finding {
            try Explain.answer(
                ExplainQuestion(from: "198.18.0.1", to: "web", protocol: 6, port: port), resources,
                AgentSettings(node: "node1"), readsKernel: false
            ).desired.findings[1]
        }
        let allowed = try finding(443)
        #expect(allowed.why == "rule ingress[0] of policy default/knp.default.np in tier default allows it")
        #expect(allowed.decision?.kind == "KubernetesNetworkPolicy" && allowed.decision?.text?.contains("443") == true)
        #expect(try finding(80).why == "no policy of tier default allows it: default/knp.default.np")
    }

    @Test func theDocumentNamesWhatIsKnown() throws {
        let json = try explain("web", "default/db", port: 5432).json()
        for part in [
            #""verdict" : "allow""#, #""why" : "rule ingress[0] of profile db allows it""#, #""rule" : "ingress[0]""#,
            #""interfaceName" : "cali2""#,
        ] {
            #expect(json.contains(part), "\(part)")
        }
        #expect(!json.contains("kernel\" :") && !json.contains("\"agree\""))
    }
}
