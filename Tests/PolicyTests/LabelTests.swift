import NetworkValues
import Policy
import Resources
import Selectors
import Testing

/// Which labels endpoints and network sets are selected by.
@Suite struct LabelTests {
    /// A policy on this node's only endpoint that lets in what a selector selects, in any namespace.
    private func selected(_ expression: Selector.Expression, of resources: [Resource]) throws -> Set<String> {
        let judge = policy(
            "judge", in: nil, .has("judged"), ingress: [allow(from: EntityRule(selector: Selector(expression)))])
        let index = PolicyIndex(
            [.networkPolicy(judge), try endpoint("here", labels: ["judged": ""])] + resources)
        return index.sources(of: judge.key)
    }

    @Test func anEndpointInheritsTheLabelsOfItsProfilesButItsOwnWinAndTheFirstProfilesNext() throws {
        let resources = [
            profile("one", labels: ["a": "one", "b": "one", "c": "one"]),
            profile("two", labels: ["b": "two", "c": "two", "d": "two"]),
            try endpoint("w", on: "node2", labels: ["a": "own"], profiles: ["one", "two"], at: ["10.0.0.1"]),
        ]
        for (label, value) in ["a": "own", "b": "one", "c": "one", "d": "two"] {
            #expect(try selected(.equal(label, value), of: resources) == ["10.0.0.1"], "\(label)")
        }
        #expect(try selected(.equal("a", "one"), of: resources).isEmpty)
        #expect(try selected(.equal("b", "two"), of: resources).isEmpty)
    }

    @Test func anEndpointHasTheNamesAndLabelsOfItsNamespaceAndAccount() throws {
        let resources = [
            namespace("shop", ["team": "sales"]), account("clerk", in: "shop", ["role": "till"]),
            account("clerk", in: "other", ["role": "spy"]),
            try endpoint(
                "w", on: nil, in: "shop", account: "clerk", orchestrator: "k8s",
                labels: ["projectcalico.org/namespace": "forged", "pcns.team": "forged", "pcsa.x": "forged"],
                at: ["10.0.0.1"]),
        ]
        for (label, value) in [
            "projectcalico.org/namespace": "shop", "projectcalico.org/serviceaccount": "clerk",
            "projectcalico.org/orchestrator": "k8s", "pcns.team": "sales", "pcns.projectcalico.org/name": "shop",
            "pcsa.role": "till", "pcsa.projectcalico.org/name": "clerk",
        ] {
            #expect(try selected(.equal(label, value), of: resources) == ["10.0.0.1"], "\(label)")
        }
        #expect(try selected(.has("pcsa.x"), of: resources).isEmpty)
    }

    @Test func theNameOfANamespaceIsALabelWithoutItsResource() throws {
        let resources = [try endpoint("w", in: "shop", at: ["10.0.0.1"])]
        #expect(try selected(.equal("pcns.projectcalico.org/name", "shop"), of: resources) == ["10.0.0.1"])
    }

    @Test func aNetworkSetHasItsLabelsAndItsNamespaces() throws {
        let resources = [
            namespace("shop", ["team": "sales"]),
            try networkSet("n", in: "shop", ["a": "b", "pcns.team": "forged"], ["10.0.0.0/8"]),
            try networkSet("g", in: nil, ["a": "b"], ["192.0.2.0/24"]),
        ]
        #expect(try selected(.equal("a", "b"), of: resources) == ["10.0.0.0/8", "192.0.2.0/24"])
        #expect(try selected(.equal("pcns.team", "sales"), of: resources) == ["10.0.0.0/8"])
        #expect(try selected(.equal("projectcalico.org/namespace", "shop"), of: resources) == ["10.0.0.0/8"])
    }

    @Test func aSetWithoutAnyLabelIsSelectedByWhatAsksForNone() throws {
        let resources = [try networkSet("g", in: nil, [:], ["192.0.2.0/24"])]
        #expect(try selected(.not(.has("judged")), of: resources) == ["192.0.2.0/24"])
    }
}
