import Resources
import Selectors
import Testing

/// What is said about policies, tiers and sets that are wrong or odd.
@Suite struct PolicyValidationTests {
    private func document(
        _ kind: String, _ spec: String, metadata: String = "{name: p}", version: String = "projectcalico.org/v3"
    ) -> String {
        "apiVersion: \(version)\nkind: \(kind)\nmetadata: \(metadata)\nspec:\n  \(spec)\n"
    }

    /// All that is said, but the outcome.
    private func findings(_ text: String) -> [String] {
        report(text).dropLast().map { $0.replacing("e.yaml:", with: "") }
    }

    @Test(arguments: [
        // Alone on its line, the mistake's own column is told.
        ("selector: role = 'web'", "5:18: error: spec.selector: not a valid selector: a single =: expected =="),
        (
            "selector: \"role == web\"",
            "5:22: error: spec.selector: not a valid selector: \"web\" here: expected a text in quotes, such as \"a\" or 'a'"
        ),
        (
            "selector: 'has(a) &&'",
            "5:23: error: spec.selector: not a valid selector: the selector ends here: expected a label's key (letters, "
                + "digits, '_', '.', '/', '-'), has(…), all(), global(), ! or ("
        ),
        (
            "{ selector: é == 'x' }",
            "5:15: error: spec.selector: not a valid selector: é here: expected a label's key (letters, digits, '_', "
                + "'.', '/', '-'), has(…), all(), global(), ! or ("
        ),
        (
            "selector: a == 'é' & b",
            "5:22: error: spec.selector: not a valid selector: a single &: expected &&"
        ),
        // Where the document writes it in another way, the column is the selector's own.
        (
            "selector: \"a \\x3d 'b'\"",
            "5:13: error: spec.selector: not a valid selector: column 3: a single =: expected =="
        ),
        (
            "selector: 'a == ''b'' & c'",
            "5:13: error: spec.selector: not a valid selector: column 10: a single &: expected &&"
        ),
        (
            "selector:\n    a == 'b'\n    & c",
            "6:5: error: spec.selector: not a valid selector: column 10: a single &: expected &&"
        ),
        (
            "selector: |\n    a == 'b'\n    && has(c)",
            "5:13: error: spec.selector: not a valid selector: column 9: a line break here, where only blanks and tabs "
                + "are space (in YAML, \">-\" folds lines into one): expected && or ||, or the end of the selector"
        ),
        (
            "selector: &anchor a = 'b'",
            "5:13: error: spec.selector: not a valid selector: column 3: a single =: expected =="
        ),
        ("selector: [a]", "5:13: error: spec.selector: a text is expected here, not a list"),
        (
            "selector: global()",
            "5:13: error: spec.selector: global() has a meaning only in the namespaceSelector of a rule: write all()"
        ),
        (
            "serviceAccountSelector: '!global()'",
            "5:27: error: spec.serviceAccountSelector: global() has a meaning only in the namespaceSelector of a rule: "
                + "write all()"
        ),
        (
            "ingress: [{action: Deny, source: {namespaceSelector: global() || has(a)}}]",
            "5:56: error: spec.ingress[0].source.namespaceSelector: global() means what is in no namespace, and cannot "
                + "be combined with other conditions"
        ),
    ])
    func aSelectorsMistakeIsToldWhereItStands(spec: String, finding: String) {
        #expect(findings(document("GlobalNetworkPolicy", spec)) == [finding])
    }

    @Test func aFoldedSelectorIsRead() throws {
        let text = document("NetworkPolicy", "selector: >-\n    a == 'b' &&\n    has(c)")
        guard case .networkPolicy(let policy) = try accepted(text) else { throw Unexpected(report: report(text)) }
        #expect(policy.selector.description == "a == \"b\" && has(c)")
    }

    @Test(arguments: [
        (
            "{action: Allow, protocol: TCP, destination: {ports: [0]}}",
            "66: error: spec.ingress[0].destination.ports[0]: \"0\" is not a valid port or port range: 1 to 65535, or a "
                + "range such as 8000:8010, or the name of a port"
        ),
        (
            "{action: Allow, protocol: TCP, destination: {notPorts: [70000]}}",
            "69: error: spec.ingress[0].destination.notPorts[0]: \"70000\" is not a valid port or port range: 1 to "
                + "65535, or a range such as 8000:8010, or the name of a port"
        ),
        (
            "{action: Allow, destination: {ports: [http]}}",
            "50: error: spec.ingress[0].destination.ports: only a rule with protocol TCP, UDP or SCTP can match ports"
        ),
        (
            "{action: Allow, protocol: ICMP, source: {notPorts: [80]}}",
            "64: error: spec.ingress[0].source.notPorts: only a rule with protocol TCP, UDP or SCTP can match ports"
        ),
        (
            "{action: Allow, protocol: ICMPv6, source: {nets: [10.0.0.0/8]}}",
            "13: error: spec.ingress[0]: matches nothing: protocol leaves only IPv6, source.nets leaves only IPv4"
        ),
        (
            "{action: Allow, ipVersion: 6, source: {nets: [10.0.0.0/8]}}",
            "13: error: spec.ingress[0]: matches nothing: ipVersion leaves only IPv6, source.nets leaves only IPv4"
        ),
        (
            "{action: Deny, protocol: TCP, notProtocol: TCP}",
            "13: error: spec.ingress[0]: matches nothing: protocol and notProtocol are the same"
        ),
        (
            "{action: Allow, source: {services: {name: a}}}",
            "38: error: spec.ingress[0].source.services: Kubernetes' Services are not read: name the endpoints behind the "
                + "service by a selector, or its networks"
        ),
        (
            "{action: Allow, http: {methods: [GET]}}",
            "29: error: spec.ingress[0].http: what an HTTP request says cannot be matched: rules judge packets, by "
                + "addresses, protocols and ports"
        ),
        (
            "{action: Allow, source: {serviceAccounts: {names: ['a b'], selectors: x}}}",
            "64: error: spec.ingress[0].source.serviceAccounts.names[0]: \"a b\" is not a valid name: 1 to 253 letters, "
                + "digits, '.', '_', '-'"
        ),
        (
            "{action: Allow, source: {serviceAccounts: {selecter: x}}}",
            "56: error: spec.ingress[0].source.serviceAccounts.selecter: unknown field: the rule cannot be enforced as "
                + "written; did you mean \"selector\"?"
        ),
        (
            "{action: Allow, source: {selektor: x}}",
            "38: error: spec.ingress[0].source.selektor: unknown field: the rule cannot be enforced as written; did you "
                + "mean \"selector\"?"
        ),
    ])
    func aRuleThatCannotBeEnforcedAsWrittenIsAnError(rule: String, finding: String) {
        for kind in ["NetworkPolicy", "GlobalNetworkPolicy"] {
            let findings = findings(document(kind, "ingress: [\(rule)]"))
            #expect(findings.first == "5:\(finding)")
            #expect(report(document(kind, "ingress: [\(rule)]")).last?.contains("rejected \(kind)") == true)
        }
    }

    @Test(arguments: [
        ("order: first", "5:10: error: spec.order: \"first\" is not a valid order: a number, such as 100 or 0.5"),
        ("order: 1e999", "5:10: error: spec.order: \"1e999\" is not a valid order: a number, such as 100 or 0.5"),
        ("order: 0x10", "5:10: error: spec.order: \"0x10\" is not a valid order: a number, such as 100 or 0.5"),
        (
            "types: [ingress, Egres]",
            "5:20: error: spec.types[1]: \"Egres\" is not a valid direction: Ingress or Egress"
        ),
        ("types: [Ingress, ingress]", "5:20: warning: spec.types[1]: Ingress is listed already, on line 5"),
        (
            "{types: [Ingress], egress: [{action: Allow}]}",
            "5:30: warning: spec.egress: these rules have no effect: Egress is not among the policy's types"
        ),
        ("doNotTrack: maybe", "5:15: error: spec.doNotTrack: \"maybe\" is not a valid truth value: true or false"),
        (
            "preDNAT: true",
            "5:12: warning: spec.preDNAT: is for host endpoints alone: the policy concerns no workload"
        ),
        (
            "tier: Platform.x",
            "5:9: error: spec.tier: \"Platform.x\" is not a valid name of a tier: up to 63 lower-case letters, digits, "
                + "'-' that begin and end with a letter or digit"
        ),
        ("stagedAction: Set", "5:3: error: spec.stagedAction: unknown field: the policy cannot be enforced as written"),
        (
            "selecter: has(a)",
            "5:3: error: spec.selecter: unknown field: the policy cannot be enforced as written; did you mean "
                + "\"selector\"?"
        ),
    ])
    func aPolicysOwnFieldsAreChecked(spec: String, finding: String) {
        #expect(findings(document("GlobalNetworkPolicy", spec)) == [finding])
    }

    @Test func aPolicyOfANamespaceHasNoFieldsOfTheWholeCluster() {
        #expect(
            findings(document("NetworkPolicy", "{namespaceSelector: has(a), doNotTrack: true}")) == [
                "5:23: error: spec.namespaceSelector: a NetworkPolicy concerns its own namespace: write "
                    + "GlobalNetworkPolicy, or leave it out",
                "5:31: error: spec.doNotTrack: unknown field: the policy cannot be enforced as written",
            ])
    }

    @Test(arguments: [
        (
            "GlobalNetworkPolicy",
            "the kind belongs to the whole cluster: remove the namespace, or write NetworkPolicy for a policy of one"
        ),
        (
            "GlobalNetworkSet",
            "the kind belongs to the whole cluster: remove the namespace, or write NetworkSet for a set of one"
        ),
        ("Tier", "the kind belongs to the whole cluster: remove the namespace"),
    ])
    func whatBelongsToTheWholeClusterHasNoNamespace(kind: String, message: String) {
        #expect(
            report(document(kind, "{}", metadata: "{name: p, namespace: prod}")) == [
                "e.yaml:3:32: error: metadata.namespace: \(message)", "e.yaml:1:1 rejected \(kind) p",
            ])
    }

    @Test(arguments: ["NetworkPolicy", "NetworkSet", "StagedNetworkPolicy"])
    func whatBelongsToANamespaceIsInDefaultUnlessItSaysOtherwise(kind: String) {
        #expect(report(document(kind, "{}")).last == "e.yaml:1:1 accepted \(kind) default/p")
        #expect(
            report(document(kind, "{}", metadata: "{name: p, namespace: b c}")).last == "e.yaml:1:1 rejected ?")
        #expect(report(document(kind, "{}", metadata: "{name: }")).last == "e.yaml:1:1 rejected ?")
    }

    @Test func aTierIsCheckedForItsNameAndAction() {
        #expect(
            report(document("Tier", "{defaultAction: Allow, order: x}", metadata: "{name: a.b}")) == [
                "e.yaml:3:18: error: metadata.name: \"a.b\" is not a valid name of a tier: up to 63 lower-case letters, "
                    + "digits, '-' that begin and end with a letter or digit",
                "e.yaml:5:19: error: spec.defaultAction: \"Allow\" is not a valid default action: Deny or Pass",
                "e.yaml:5:33: error: spec.order: \"x\" is not a valid order: a number, such as 100 or 0.5",
                "e.yaml:1:1 rejected ?",
            ])
        #expect(report(document("Tier", "{defaultAction: pass}")) == ["e.yaml:1:1 accepted Tier p"])
    }

    @Test func aSetsNetworksAreChecked() {
        #expect(
            report(document("NetworkSet", "{nets: [10.0.0.1/8, 10.0.0.0/8, x]}")) == [
                "e.yaml:5:11: warning: spec.nets[0]: \"10.0.0.1/8\" has address bits beyond its length and is read as "
                    + "10.0.0.0/8",
                "e.yaml:5:23: warning: spec.nets[1]: 10.0.0.0/8 is listed already, on line 5",
                "e.yaml:5:35: error: spec.nets[2]: \"x\" is not a valid IP network: CIDR notation such as 10.65.0.2/32 "
                    + "or 2001:db8::1/128",
                "e.yaml:1:1 rejected NetworkSet default/p",
            ])
    }

    @Test func aPolicyThatConsistsOfANameSaysWhatThatMeans() {
        let head = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p}\n"
        #expect(
            report(head) == [
                "e.yaml:1:1: warning: spec: without it the policy lets nothing in, to any endpoint that it may concern",
                "e.yaml:1:1 accepted NetworkPolicy default/p",
            ])
    }

    // MARK: Versions

    @Test(arguments: [
        ("NetworkPolicy", "v1", "projectcalico.org/v3, or networking.k8s.io/v1 for Kubernetes' own"),
        ("NetworkPolicy", "extensions/v1beta1", "projectcalico.org/v3, or networking.k8s.io/v1 for Kubernetes' own"),
        ("Tier", "v1", "projectcalico.org/v3"),
        ("Namespace", "projectcalico.org/v3", "v1"),
        ("StagedKubernetesNetworkPolicy", "networking.k8s.io/v1", "projectcalico.org/v3"),
    ])
    func anotherVersionIsRefused(kind: String, version: String, accepted: String) {
        #expect(
            report(document(kind, "{}", version: version)) == [
                "e.yaml:1:13: error: apiVersion: \"\(version)\" is not a version of this kind: \(accepted)",
                "e.yaml:1:1 rejected ?",
            ])
        #expect(
            report("apiVersion: \(version)\nkind: \(kind)List\nitems: [{metadata: {name: a}}]\n") == [
                "e.yaml:1:13: error: apiVersion: \"\(version)\" is not a version of this kind: \(accepted)",
                "e.yaml:1:1 rejected ?",
            ])
    }

    @Test(arguments: ["NetworkPolicy", "GlobalNetworkPolicy", "Tier", "WorkloadEndpoint", "NetworkSetList"])
    func calicosFormOfStorageIsRefusedByName(kind: String) {
        #expect(
            report(document(kind, "{}", version: "crd.projectcalico.org/v1")).filter { $0.contains("error") } == [
                "e.yaml:1:13: error: apiVersion: \"crd.projectcalico.org/v1\" is how Calico keeps its resources inside "
                    + "Kubernetes: write projectcalico.org/v3"
            ])
    }

    @Test(arguments: [
        ("NetworkPolicyList", "projectcalico.org/v3", "NetworkPolicy default/a"),
        ("NetworkPolicyList", "networking.k8s.io/v1", "KubernetesNetworkPolicy default/a"),
        ("GlobalNetworkPolicyList", "projectcalico.org/v3", "GlobalNetworkPolicy a"),
        ("TierList", "projectcalico.org/v3", "Tier a"), ("NamespaceList", "v1", "Namespace a"),
        ("ServiceAccountList", "v1", "ServiceAccount default/a"),
        ("globalnetworksetlist", "projectcalico.org/v3", "GlobalNetworkSet a"),
    ])
    func itemsOfATypedListLeaveOutTheirKind(kind: String, version: String, key: String) {
        #expect(
            report("apiVersion: \(version)\nkind: \(kind)\nitems: [{metadata: {name: a}, spec: {}}]\n") == [
                "e.yaml:3:9 accepted \(key)"
            ])
    }
}
