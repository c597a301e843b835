import Resources
import Testing

/// A document that is not YAML, or not valid, harms only itself.
@Suite struct IsolationTests {
    static let broken = "apiVersion: projectcalico.org/v3\nkind: [WorkloadEndpoint\nspec: }\n"

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var report: [String]

        init(_ description: String, _ text: String, _ report: String...) {
            (self.testDescription, self.text, self.report) = (description, text, report)
        }
    }

    @Test("the other documents of a file are read, with right lines", arguments: cases)
    func isolation(_ example: Case) {
        #expect(report(example.text) == example.report)
    }

    static let notYAML = "error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"

    static let cases: [Case] = [
        Case(
            "broken at the start", broken + "---\n" + endpoint("a") + "---\n" + endpoint("b"),
            "e.yaml:3:5: \(notYAML) that begins on line 2", "e.yaml:3:5 rejected ?",
            "e.yaml:5:1 accepted WorkloadEndpoint default/a", "e.yaml:12:1 accepted WorkloadEndpoint default/b"),
        Case(
            "broken in the middle", endpoint("a") + "---\n" + broken + "---\n" + endpoint("b"),
            "e.yaml:1:1 accepted WorkloadEndpoint default/a",
            "e.yaml:10:5: \(notYAML) that begins on line 9", "e.yaml:10:5 rejected ?",
            "e.yaml:12:1 accepted WorkloadEndpoint default/b"),
        Case(
            "broken at the end", "---\n" + endpoint("a") + "--- # second\n" + endpoint("b") + "---\n" + broken,
            "e.yaml:2:1 accepted WorkloadEndpoint default/a", "e.yaml:9:1 accepted WorkloadEndpoint default/b",
            "e.yaml:18:5: \(notYAML) that begins on line 17", "e.yaml:18:5 rejected ?"),
        Case(
            "an open quote does not reach into the next document",
            "a: 'open\n---\n" + endpoint("a"),
            "e.yaml:2:1: error: not valid YAML: found unexpected end of stream while scanning a quoted scalar "
                + "that begins on line 1",
            "e.yaml:2:1 rejected ?", "e.yaml:3:1 accepted WorkloadEndpoint default/a"),
        Case(
            "bytes that are no text harm their document only",
            endpoint("a") + "---\na: \u{0}\n---\n" + endpoint("b"),
            "e.yaml:1:1 accepted WorkloadEndpoint default/a",
            "e.yaml:8:4: error: not valid YAML: not a text: control characters are not allowed; "
                + #"remove them, or write escapes in double quotes, such as "\u0000""#,
            "e.yaml:8:4 rejected ?", "e.yaml:10:1 accepted WorkloadEndpoint default/b"),
        Case(
            "JSON after JSON", "{}\n{}\n",
            "e.yaml:1:1: error: kind: is required: \(kindsThatAreRead), or a List of them",
            "e.yaml:1:1 rejected ?",
            "e.yaml:2:1: error: not valid YAML: did not find expected <document start>; "
                + "separate documents by a line with --- alone",
            "e.yaml:2:1 rejected ?"),
        Case(
            "an unknown kind and empty documents are ignored",
            "---\n---\nkind: Pod\n---\n" + endpoint("a") + "---\n# nothing\n",
            "e.yaml:2:1 ignored",
            #"e.yaml:3:7: warning: kind: "Pod" is ignored: "#
                + "this version reads \(kindsThatAreRead) and Lists of them",
            "e.yaml:3:1 ignored", "e.yaml:5:1 accepted WorkloadEndpoint default/a", "e.yaml:13:1 ignored"),
        Case(
            "dashes inside a block scalar separate nothing",
            endpoint("a").replacing("{name: a}", with: "\n  name: a\n  annotations:\n    x: |\n      ---\n      y"),
            "e.yaml:1:1 accepted WorkloadEndpoint default/a"),
        Case(
            "dashes that go on are no separator", "a: b\n---c: d\n",
            "e.yaml:1:1: error: kind: is required: \(kindsThatAreRead), or a List of them",
            "e.yaml:1:1 rejected ?"),
        Case(
            "a document may end with dots, and directives belong to the next",
            "# licence\n%YAML 1.1\n---\n" + endpoint("a") + "...\n%YAML 1.1\n# b\n---\n" + endpoint("b"),
            "e.yaml:4:1 accepted WorkloadEndpoint default/a", "e.yaml:14:1 accepted WorkloadEndpoint default/b"),
        Case(
            "carriage returns end lines too",
            (endpoint("a") + "---\nx: }\n---\n" + endpoint("b")).replacing("\n", with: "\r\n"),
            "e.yaml:1:1 accepted WorkloadEndpoint default/a",
            "e.yaml:8:4: error: not valid YAML: did not find expected node content while parsing a block node",
            "e.yaml:8:4 rejected ?", "e.yaml:10:1 accepted WorkloadEndpoint default/b"),
        Case(
            "a byte order mark is skipped", "\u{feff}---\n" + endpoint("a"),
            "e.yaml:2:1 accepted WorkloadEndpoint default/a"),
        Case("an empty file holds nothing", ""),
        Case("comments alone hold nothing", "# a\n\n  # b\n"),
        Case("blanks alone hold nothing", " \n\n"),
    ]

    @Test("a broken document's anchors and tags end with it")
    func anchors() {
        #expect(
            report("a: &x 1\n---\nb: *x\n").last == "e.yaml:3:4 rejected ?")
    }

    @Test("all violations of a document come at once, in the order of their places")
    func allAtOnce() {
        let text = """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata:
              name: a/b
              labels: []
            spec:
              mac: xx
              ipNetworks:
              - 10.0.0.0/8
              - nonsense
              ipv4Gateway: fd00::1
              profile: p
              ports:
              - {name: x, port: 0, protocol: TCP}
            """
        let documents = read(text)
        guard case .rejected(let rejection)? = documents.first?.outcome else {
            Issue.record("accepted")
            return
        }
        #expect(
            rejection.diagnostics.map { "\($0.location.line) \($0.severity) \($0.path)" } == [
                "4 error metadata.name", "5 error metadata.labels", "6 error spec.node", "6 error spec.interfaceName",
                "7 error spec.mac", "9 error spec.ipNetworks[0]", "10 error spec.ipNetworks[1]",
                "11 error spec.ipv4Gateway", "12 warning spec.profile", "14 error spec.ports[0].port",
            ])
        #expect(rejection.key == nil)
        #expect(documents[0].warnings.map(\.path) == ["spec.profile"])
        #expect(rejection.errors.count == 9)
    }
}
