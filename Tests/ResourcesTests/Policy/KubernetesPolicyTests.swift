import Resources
import Testing

/// What is said about Kubernetes' policies that are wrong or odd.
@Suite struct KubernetesPolicyTests {
    private func findings(_ spec: String) -> [String] {
        let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
        return report(head + "spec: \(spec)\n").dropLast().map { $0.replacing("e.yaml:4:", with: "") }
    }

    @Test(arguments: [
        "{podSelector: {}}", "{podSelector: {}, ingress: [{}]}", "{podSelector: {}, ingress: [{from: [], ports: []}]}",
        "{podSelector: {}, policyTypes: [Egress]}", "{ingress: [{ports: [{}]}]}",
        "{egress: [{ports: [{port: 80, endPort: 80}]}]}", "{egress: [{to: [{podSelector: {}}]}]}",
    ])
    func whatKubernetesAcceptsIsAccepted(spec: String) {
        #expect(findings(spec) == [])
    }

    @Test(arguments: [
        (
            "{ingress: [{from: [{}]}]}",
            "26: error: spec.ingress[0].from[0]: a peer is expected: podSelector, namespaceSelector, both of them, or "
                + "ipBlock"
        ),
        (
            "{ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}",
            "44: error: spec.ingress[0].from[0]: ipBlock stands alone: addresses are not selected by labels"
        ),
        (
            "{ingress: [{to: [{podSelector: {}}]}]}",
            "19: error: spec.ingress[0].to: unknown field: the rule cannot be enforced as written"
        ),
        (
            "{egress: [{from: [{podSelector: {}}]}]}",
            "18: error: spec.egress[0].from: unknown field: the rule cannot be enforced as written"
        ),
        (
            "{ingress: [{from: [{podSelektor: {}, namespaceSelector: {}}]}]}",
            "27: error: spec.ingress[0].from[0].podSelektor: unknown field: the rule cannot be enforced as written; did "
                + "you mean \"podSelector\"?"
        ),
        (
            "{ingress: [{from: [{ipBlock: {}}]}]}",
            "27: error: spec.ingress[0].from[0].ipBlock.cidr: is required: a network, such as 10.0.0.0/8"
        ),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 11.0.0.0/16]}}]}]}",
            "77: error: spec.ingress[0].from[0].ipBlock.except[1]: 11.0.0.0/16 is not a part of 10.0.0.0/8, from which "
                + "it is to be excepted"
        ),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}",
            "64: error: spec.ingress[0].from[0].ipBlock.except[0]: 10.0.0.0/8 is not a part of 10.0.0.0/8, from which "
                + "it is to be excepted"
        ),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: ['::/64']}}]}]}",
            "63: error: spec.ingress[0].from[0].ipBlock.except[0]: ::/64 is not a part of 0.0.0.0/0, from which it is to "
                + "be excepted"
        ),
        (
            "{ingress: [{ports: [{port: 0}]}]}",
            "34: error: spec.ingress[0].ports[0].port: \"0\" is not a valid port: a number from 1 to 65535, or the name "
                + "of a port"
        ),
        (
            "{ingress: [{ports: [{port: '80:90'}]}]}",
            "34: error: spec.ingress[0].ports[0].port: \"80:90\" is not a valid port: a number from 1 to 65535, or the "
                + "name of a port"
        ),
        (
            "{ingress: [{ports: [{port: 80, endPort: 79}]}]}",
            "47: error: spec.ingress[0].ports[0].endPort: 79 is less than the port 80 that begins the range"
        ),
        (
            "{ingress: [{ports: [{port: http, endPort: 90}]}]}",
            "49: error: spec.ingress[0].ports[0].endPort: a range begins with a number, not with the name \"http\""
        ),
        (
            "{ingress: [{ports: [{endPort: 90}]}]}",
            "37: error: spec.ingress[0].ports[0].endPort: a range needs a port to begin with"
        ),
        (
            "{ingress: [{ports: [{port: 70000, endPort: 90}]}]}",
            "34: error: spec.ingress[0].ports[0].port: \"70000\" is not a valid port: a number from 1 to 65535, or the "
                + "name of a port"
        ),
        (
            "{ingress: [{ports: [{protocol: ICMP}]}]}",
            "38: error: spec.ingress[0].ports[0].protocol: \"ICMP\" is not a valid port protocol: TCP, UDP or SCTP, in "
                + "any case"
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
            "41: error: spec.podSelector.matchExpressions[0].values: is required: In compares the label with at least "
                + "one value"
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: NotIn, values: []}]}}",
            "41: error: spec.podSelector.matchExpressions[0].values: is required: NotIn compares the label with at least "
                + "one value"
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [x]}]}}",
            "68: error: spec.podSelector.matchExpressions[0].values: Exists asks for the label alone: remove the values"
        ),
        (
            "{podSelector: {matchExpressions: [{key: a, operator: Is, values: [x]}]}}",
            "60: error: spec.podSelector.matchExpressions[0].operator: \"Is\" is not a valid operator: In, NotIn, Exists "
                + "or DoesNotExist"
        ),
        (
            "{podSelector: {matchExpressions: [{operator: Exists}]}}",
            "41: error: spec.podSelector.matchExpressions[0].key: is required: the key of a label"
        ),
        (
            "{podSelector: {matchLabels: {a: b c}}}",
            "39: error: spec.podSelector.matchLabels.a: \"b c\" is not a valid label value: up to 63 letters, digits, "
                + "'.', '_', '-' that begin and end with a letter or digit"
        ),
        (
            "{podSelector: {matchLabel: {a: b}}}",
            "22: error: spec.podSelector.matchLabel: unknown field: the rule cannot be enforced as written; did you mean "
                + "\"matchLabels\"?"
        ),
        (
            "{policyTypes: [Ingress], egress: [{}]}",
            "40: warning: spec.egress: these rules have no effect: Egress is not among the policy's types"
        ),
        ("{policyTypes: [all]}", "22: error: spec.policyTypes[0]: \"all\" is not a valid direction: Ingress or Egress"),
        ("{order: 5}", "8: error: spec.order: unknown field: the policy cannot be enforced as written"),
    ])
    func whatKubernetesRefusesIsAnError(spec: String, finding: String) {
        #expect(findings(spec) == [finding])
    }
}
