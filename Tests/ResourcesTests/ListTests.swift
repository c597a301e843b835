import Resources
import Testing

/// Several resources in one document.
@Suite struct ListTests {
    private func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n").dropFirst(2) + "\n"
    }

    @Test("each item of a list stands for itself")
    func items() {
        let text =
            "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n- " + indented(endpoint("a"))
            + "- {apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: b/}}\n- kind: Pod\n- x\n- "
            + indented(endpoint("c"))
        #expect(
            report(text) == [
                "e.yaml:5:3 accepted WorkloadEndpoint default/a",
                #"e.yaml:11:70: error: items[1].metadata.name: "b/" is not a valid name: 1 to 253 letters, "#
                    + "digits, '.', '_', '-'",
                "e.yaml:11:3 rejected ?",
                #"e.yaml:12:9: warning: items[2].kind: "Pod" is ignored: this version reads "#
                    + "\(kindsThatAreRead) and Lists of them",
                "e.yaml:12:3 ignored",
                #"e.yaml:13:3: error: items[3]: a resource is expected here, not the text "x""#,
                "e.yaml:13:3 rejected ?",
                "e.yaml:14:3 accepted WorkloadEndpoint default/c",
            ])
    }

    @Test(
        "items of a typed list need not repeat their kind", arguments: ["WorkloadEndpointList", "workloadEndpointList"])
    func typed(_ kind: String) {
        let text = """
            apiVersion: projectcalico.org/v3
            kind: \(kind)
            items:
            - {metadata: {name: a}, spec: {node: n, interfaceName: cali1, ipNetworks: [10.0.0.1]}}
            - {kind: Profile, metadata: {name: p}}
            """
        #expect(
            report(text) == [
                "e.yaml:4:3 accepted WorkloadEndpoint default/a", "e.yaml:5:3 accepted Profile p",
            ])
    }

    @Test("a bare sequence, and lists in lists, are lists too")
    func sequences() {
        let text = "- " + indented(endpoint("a")) + "- {kind: ProfileList, items: [{metadata: {name: p}}]}\n"
        #expect(
            report(text) == [
                "e.yaml:1:3 accepted WorkloadEndpoint default/a",
                "e.yaml:7:31: error: [1].items[0].apiVersion: is required: projectcalico.org/v3, or v1 for the "
                    + "older format",
                "e.yaml:7:31 rejected ?",
            ])
    }

    @Test("a list without items holds nothing", arguments: ["items: []", "items:", "metadata: {}"])
    func empty(_ items: String) {
        let documents = read("apiVersion: v1\nkind: List\n\(items)\n")
        #expect(documents.allSatisfy { $0.outcome == .ignored })
    }

    @Test("what a list itself is wrong with is said of the list; its items are read all the same")
    func wrapper() {
        let item = "{metadata: {name: a}, spec: {node: n, interfaceName: cali1, ipNetworks: [10.0.0.1]}}"
        let head = "apiVersion: projectcalico.org/v3\nkind: WorkloadEndpointList\n"
        #expect(
            report(head + "item: []\n") == [
                "e.yaml:1:1: warning: items: no items: the list holds nothing",
                #"e.yaml:3:1: warning: item: unknown field, kept without effect; did you mean "items"?"#,
                "e.yaml:1:1 ignored",
            ])
        #expect(
            report(head + "colour: red\nitems: [\(item)]\n") == [
                "e.yaml:3:1: warning: colour: unknown field, kept without effect", "e.yaml:1:1 ignored",
                "e.yaml:4:9 accepted WorkloadEndpoint default/a",
            ])
        #expect(
            report(head + "items: [\(item)]\nitems: []\n") == [
                "e.yaml:4:1: error: items: given twice with different values, first on line 3: remove one",
                "e.yaml:1:1 rejected ?", "e.yaml:3:9 accepted WorkloadEndpoint default/a",
            ])
        #expect(
            report("apiVersion: v7\nkind: WorkloadEndpointList\nitems: [\(item), \(item)]\n") == [
                #"e.yaml:1:13: error: apiVersion: "v7" is not a version of this kind: projectcalico.org/v3, "#
                    + "or v1 for the older format",
                "e.yaml:1:1 rejected ?",
            ])
        #expect(
            report("apiVersion: v1\nkind: ProfileList\nitems: [{metadata: {name: a}}]\n") == [
                "e.yaml:3:9 accepted Profile a"
            ])
    }

    @Test("a list of the older format, and one that mixes both")
    func formats() {
        let older =
            "{metadata: {name: eth0, workload: a.b, orchestrator: k8s, node: n}, "
            + "spec: {interfaceName: cali1, ipNetworks: [10.0.0.1]}}"
        #expect(
            report("apiVersion: v1\nkind: workloadEndpointList\nitems: [\(older)]\n") == [
                "e.yaml:3:9 accepted WorkloadEndpoint a/n-k8s-b-eth0"
            ])
        let newer = "{metadata: {name: c}, spec: {node: n, interfaceName: cali2, ipNetworks: [10.0.0.2]}}"
        let marked = older.replacing("{metadata", with: "{apiVersion: v1, kind: workloadEndpoint, metadata")
        #expect(
            report("apiVersion: projectcalico.org/v3\nkind: WorkloadEndpointList\nitems:\n- \(marked)\n- \(newer)\n")
                == [
                    "e.yaml:4:3 accepted WorkloadEndpoint a/n-k8s-b-eth0",
                    "e.yaml:5:3 accepted WorkloadEndpoint default/c",
                ])
    }
}
