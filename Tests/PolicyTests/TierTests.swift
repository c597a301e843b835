import Policy
import Resources
import Selectors
import Testing

/// Who judges an endpoint, and in which order.
@Suite struct TierTests {
    private func tiers(_ resources: [Resource]) throws -> [EndpointPolicies.Tier] {
        PolicyIndex([try endpoint("w", labels: ["a": "b"])] + resources).policies(of: local("w")).tiers
    }

    @Test func tiersFollowTheirOrderThenTheirNamesAndThoseWithoutOneComeLast() throws {
        let names = ["default", "late", "early", "also-early", "unknown"]
        let found = try tiers(
            [tier("late", 20), tier("early", 10, .pass), tier("also-early", 10)]
                + names.map { .networkPolicy(policy("in-\($0)", tier: $0)) })
        #expect(found.map(\.name) == ["also-early", "early", "late", "default", "unknown"])
        #expect(found.map(\.defaultAction) == [.deny, .pass, .deny, .deny, .deny])
    }

    @Test func policiesFollowTheirOrderThenTheirNames() throws {
        let found = try tiers([
            .networkPolicy(policy("b", order: 2)), .networkPolicy(policy("c", order: 1.5)),
            .networkPolicy(policy("z")), .networkPolicy(policy("y", in: nil)), .networkPolicy(policy("a", order: 2)),
            .networkPolicy(policy("a", in: nil, order: 2)),
            .kubernetesPolicy(KubernetesPolicy(metadata: Metadata(name: "k"), namespace: "default")),
        ])
        // The endpoint is no pod.
        #expect(
            found.first?.ingress.map(\.policyName) == ["default/c", "a", "default/a", "default/b", "y", "default/z"])
    }

    @Test func aTierCountsForADirectionThatOneOfItsPoliciesJudges() throws {
        let found = try tiers([
            .networkPolicy(policy("in", types: [.ingress])),
            .networkPolicy(policy("out", tier: "other", egress: [allow()])),
        ])
        #expect(found.map(\.ingress.count) == [1, 0])
        #expect(found.map(\.egress.count) == [0, 1])
    }

    @Test func aPolicyConcernsItsNamespaceAndWhatItsSelectorsSelect() throws {
        let selector = Selector(.equal("team", "sales"))
        let cases: [(NetworkPolicy, Bool)] = [
            (policy("p", .equal("a", "b")), true), (policy("p", .equal("a", "c")), false),
            (policy("p", in: "other"), false), (policy("p", in: nil, namespaces: selector), true),
            (policy("p", in: nil, accounts: selector), false),
            (policy("p", in: nil, namespaces: Selector(.all)), true),
            (policy("p", in: nil, namespaces: Selector(.global)), false), (policy("p", staged: true), false),
        ]
        for (policy, concerns) in cases {
            let found = try tiers([namespace("default", ["team": "sales"]), .networkPolicy(policy)])
            #expect(!found.isEmpty == concerns, "\(policy)")
        }
    }

    @Test func policiesForHostsConcernNoWorkload() throws {
        var (untracked, early) = (policy("u", in: nil), policy("e", in: nil))
        untracked.doNotTrack = true
        early.preDNAT = true
        #expect(try tiers([.networkPolicy(untracked), .networkPolicy(early)]).isEmpty)
    }

    @Test func onlyThisNodesEndpointsAreJudged() throws {
        let index = PolicyIndex([
            .networkPolicy(policy("p")), try endpoint("here"), try endpoint("there", on: "node2"),
            try endpoint("nowhere", on: nil),
        ])
        #expect(!index.policies(of: local("here")).tiers.isEmpty)
        #expect(index.policies(of: local("there")).tiers.isEmpty)
        #expect(index.policies(of: local("nowhere")).tiers.isEmpty)
    }

    @Test func nothingTakesEffectBeforeTheUpdate() throws {
        var index = PolicyIndex([try endpoint("w", profiles: ["p"]), profile("p")])
        index.put(.networkPolicy(policy("p")))
        index.remove(local("w"))
        #expect(index.policies(of: local("w")) == EndpointPolicies(profiles: ["p"]))
        #expect(index.rules(of: key(.profile, nil, "p")) == ResolvedRules())
        _ = index.update()
        #expect(index.rules(of: key(.profile, nil, "p")) == nil)
    }
}

/// Profiles that are not written down.
@Suite struct ProfileTests {
    @Test func aNamespaceStandsForAProfileThatAllowsAllAndAnAccountForOneWithoutRules() throws {
        let names = ["kns.shop", "ksa.shop.clerk.x", "kns.none", "ksa.shop.none", "kns.written"]
        let index = PolicyIndex([
            namespace("shop"), namespace("written"), account("clerk.x", in: "shop"), profile("kns.written"),
            try endpoint("w", profiles: names),
        ])
        let open = ResolvedRules(ingress: [ResolvedRule(allow())], egress: [ResolvedRule(allow())])
        let rules = names.map { index.rules(of: key(.profile, nil, $0)) }
        #expect(rules == [open, ResolvedRules(), nil, nil, ResolvedRules()])
        #expect(index.policies(of: local("w")).profiles == names)
    }

    @Test func theProfileGoesWithTheNamespace() throws {
        var index = PolicyIndex([namespace("shop"), try endpoint("w", profiles: ["kns.shop"])])
        index.remove(key(.namespace, nil, "shop"))
        #expect(index.update().rules == [key(.profile, nil, "kns.shop")])
        #expect(index.rules(of: key(.profile, nil, "kns.shop")) == nil)
    }

    @Test func aProfileThatNoEndpointHereNamesHasNoRules() throws {
        let index = PolicyIndex([profile("p"), try endpoint("w", on: "node2", profiles: ["p"])])
        #expect(index.rules(of: key(.profile, nil, "p")) == nil)
    }
}
