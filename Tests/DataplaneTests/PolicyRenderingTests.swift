import NetworkValues
import Nftables
import Policy
import Resources
import Testing

@testable import Dataplane

/// Groups, policies and sets of selectors as chains and rules.
struct PolicyRenderingTests {
    private typealias Rule = Resources.Rule

    private static let selected = MemberSet(selector: "role == \"web\"")
    private static let networks = MemberSet(selector: "feed == \"bad\"")
    private static let ports = MemberSet(selector: "all()", ports: .init(names: ["http"], protocol: .tcp))

    private static func kind(_ set: MemberSet) -> MemberSet.Kind {
        set.ports != nil ? .ports : set == networks ? .networks : .addresses
    }

    private func policy(_ name: String, _ actions: Rule.Action...) -> PolicyRenderer {
        PolicyRenderer(
            key: ResourceKey(kind: .globalNetworkPolicy, namespace: nil, name: name), name: name, tier: "t",
            rules: ResolvedRules(ingress: actions.map { ResolvedRule(Rule(action: $0)) }))
    }

    /// The text of the ingress chains that the group leads to, by what follows the group's name.
    private func chains(
        _ tiers: [(name: String, action: Rule.Action, policies: [PolicyRenderer])], profiles: [String] = []
    ) -> [String: [String]] {
        let policies = Dictionary(
            uniqueKeysWithValues: tiers.flatMap(\.policies).map { ($0.key, $0) })
        let group = PolicyGroup(
            EndpointPolicies(
                tiers: tiers.map {
                    EndpointPolicies.Tier(
                        name: $0.name, defaultAction: $0.action, ingress: $0.policies.map(\.key), egress: [])
                }, profiles: profiles))
        let bundle = group.bundle(policy: { policies[$0] }, hasProfile: { $0 != "absent" }, kind: Self.kind)
        let name = group.chain(.ingress)
        return bundle.chains.reduce(into: [:]) { result, chain in
            guard chain.key.name.hasPrefix(name) else { return }
            result[String(chain.key.name.dropFirst(name.count))] = chain.value.ruleTexts.map {
                $0.replacing(name, with: "…")
            }
        }
    }

    private static let invalid = "ct state invalid counter drop"
    private static let denial = "counter goto deny-ingress"

    @Test func policiesOfATierAreAskedInOrderAndItsEndDenies() {
        let tiers = [
            (name: "t", action: Rule.Action.deny, policies: [policy("b", .allow), policy("a", .deny), policy("c")]),
            (name: "u", action: .deny, policies: [policy("never", .allow)]),
        ]
        #expect(
            chains(tiers, profiles: ["open"]) == [
                "": [Self.invalid, "jump policy-b-ingress", "jump policy-a-ingress", Self.denial]
            ])
    }

    @Test func passLeadsToTheNextTierAndThenToTheProfiles() {
        let tiers = [
            (name: "t", action: Rule.Action.deny, policies: [policy("a", .allow, .pass), policy("b", .deny)]),
            (name: "u", action: .pass, policies: [policy("c", .pass)]),
        ]
        #expect(
            chains(tiers, profiles: ["open", "absent"]) == [
                "": [
                    Self.invalid, "counter accept", "counter goto …-1", "jump policy-b-ingress", Self.denial,
                ],
                "-1": ["counter goto …-2", "goto …-2"], "-2": ["jump profile-open-ingress", Self.denial],
            ])
    }

    @Test func aTierThatPassesByDefaultNeedsNoChainOfItsOwn() {
        let tiers = [
            (name: "t", action: Rule.Action.pass, policies: [policy("a", .deny)]),
            (name: "u", action: .deny, policies: [policy("b", .allow)]),
        ]
        #expect(
            chains(tiers) == [
                "": [Self.invalid, "jump policy-a-ingress", "jump policy-b-ingress", Self.denial]
            ])
    }

    @Test func whoeverTellsTheEndOfATierFromTheEndOfProfilesReadsComments() {
        let group = PolicyGroup(
            EndpointPolicies(tiers: [
                .init(name: "t", defaultAction: .deny, ingress: [policy("a", .allow).key], egress: [])
            ]))
        let bundle = group.bundle(policy: { _ in policy("a", .allow) }, hasProfile: { _ in true })
        let comments = TrafficDirection.allCases.map {
            bundle.chains[ChainID(.margay, group.chain($0))]?.rules.last?.comment
        }
        #expect(comments == ["tier t end", "no profile allows"])
    }

    @Test func otherListsAreOtherGroups() {
        let (a, b) = (policy("a").key, policy("b").key)
        func tier(_ ingress: [ResourceKey], _ egress: [ResourceKey], _ action: Rule.Action = .deny) -> [EndpointPolicies
            .Tier]
        {
            [.init(name: "t", defaultAction: action, ingress: ingress, egress: egress)]
        }
        let lists = [
            tier([a, b], []), tier([b, a], []), tier([a], [b]), tier([], [a, b]), tier([a, b], [], .pass), [],
        ]
        let groups = lists.flatMap { tiers in
            [[], ["p"]].map { PolicyGroup(EndpointPolicies(tiers: tiers, profiles: $0)).chain(.ingress) }
        }
        #expect(Set(groups).count == groups.count)
    }

    // MARK: Sets

    private func lines(_ rule: ResolvedRule) -> [String] {
        var bundle = ObjectBundle()
        return RuleConditions.alternatives(of: rule, Self.kind, &bundle).map {
            $0.map(\.text).joined(separator: " ")
        }
    }

    @Test func aSelectorIsALookupInEachFamilysSet() {
        var rule = ResolvedRule(Rule(action: .allow, protocol: .tcp))
        rule.source.sets = [Self.selected]
        rule.destination.notSets = [Self.networks]
        let names = { (family: IPFamily) in
            (Self.selected.name(family, .addresses), Self.networks.name(family, .networks))
        }
        #expect(
            lines(rule) == [
                "meta l4proto tcp ip saddr @\(names(.v4).0) meta nfproto . ip daddr != @\(names(.v4).1)".replacing(
                    "l4proto tcp", with: "l4proto 6"),
                "meta l4proto 6 ip6 saddr @\(names(.v6).0) meta nfproto . ip6 daddr != @\(names(.v6).1)",
            ])
    }

    @Test func namedPortsBringTheirProtocolAndDoNotWidenNumberedOnes() {
        let name = { (family: IPFamily) in Self.ports.name(family, .ports) }
        var named = ResolvedRule(
            Rule(action: .allow, ipVersion: .v4, protocol: .tcp, destination: EntityRule(ports: [.name("http")])))
        named.destination.ports = Self.ports
        #expect(lines(named) == ["ip daddr . meta l4proto . th dport @\(name(.v4))"])
        var both = named
        both.rule.destination.ports.append(.range(PortRange(443)))
        #expect(
            lines(both) == [
                "meta nfproto ipv4 tcp dport 443",
                "tcp dport != 443 ip daddr . meta l4proto . th dport @\(name(.v4))",
            ])
        var excluded = ResolvedRule(
            Rule(action: .allow, ipVersion: .v6, protocol: .tcp, source: EntityRule(notPorts: [.name("http")])))
        excluded.source.notPorts = Self.ports
        #expect(lines(excluded) == ["meta l4proto 6 ip6 saddr . meta l4proto . th sport != @\(name(.v6))"])
    }

    @Test func membersAreElementsOfTheirFamilysSet() throws {
        let network = try IPPrefix(parsing: "198.51.100.0/24")
        let address = try IPAddress(parsing: "10.0.0.1")
        let range = MemberSet.Member.network(network).element(.networks)
        #expect(Self.networks.definition(.v4, .networks).texts(of: [range]).map(\.text) == ["ipv4 . 198.51.100.0/24"])
        let port = MemberSet.Member.port(address, .tcp, 80).element(.ports)
        #expect(Self.ports.definition(.v4, .ports).texts(of: [port]).map(\.text) == ["10.0.0.1 . 6 . 80"])
        let host = MemberSet.Member.network(IPPrefix(host: address)).element(.addresses)
        #expect(Self.selected.definition(.v4, .addresses).texts(of: [host]).map(\.text) == ["10.0.0.1"])
    }

    // MARK: Names

    @Test(arguments: [
        RuleLabel.policy(tier: "t", name: "default/web", direction: .ingress, index: 3),
        .policy(tier: "t", name: "web", direction: .egress, index: 0),
        .profile(name: "kns.default", direction: .egress, index: 12), .tierEnd("default"), .profilesEnd,
    ])
    func aLabelIsReadFromItsComment(label: RuleLabel) {
        #expect(RuleLabel(comment: label.comment) == label)
        #expect(RuleLabel(comment: label.comment + " x") == nil)
    }

    @Test func longNamesFitAndStayApart() {
        let names = ["a", "b"].map { String(repeating: "x", count: 252) + $0 }
        let labels = names.map { RuleLabel.policy(tier: $0, name: $0, direction: .ingress, index: 9999) }
        #expect(Set(labels.map(\.comment)).count == 2)
        #expect(labels.allSatisfy { $0.comment.utf8.count <= 120 && $0.logPrefix.utf8.count <= 127 })
        #expect(labels.allSatisfy { RuleLabel(comment: $0.comment) != nil })
        let chains = names.map { name in
            PolicyRenderer(
                key: ResourceKey(kind: .networkPolicy, namespace: name, name: name), name: name, tier: "t",
                rules: ResolvedRules()
            ).chain(.ingress)
        }
        #expect(Set(chains).count == 2 && chains.allSatisfy { $0.utf8.count <= 127 })
    }

    @Test func aPolicyOfKubernetesAndOneOfCalicoUnderItsNameAreTwoChains() {
        let chains = [("KubernetesNetworkPolicy", "web"), ("NetworkPolicy", "knp.default.web")].map { kind, name in
            PolicyRenderer(
                key: ResourceKey(kind: ResourceKind(rawValue: kind)!, namespace: "default", name: name), name: "",
                tier: "default", rules: ResolvedRules()
            ).chain(.ingress)
        }
        #expect(chains == ["knp-default/web-ingress", "policy-default/knp.default.web-ingress"])
    }
}
