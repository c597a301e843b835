import Resources
import Testing

/// What stands in a field is of the wrong kind: a list, a mapping, a text, nothing.
@Suite struct FieldKindTests {
    static let texts = [
        "workload", "orchestrator", "containerID", "pod", "endpoint", "serviceAccountName", "ipv4Gateway",
        "ipv6Gateway",
        "mac",
    ]
    static let lists = [
        ("ipNATs", "IP NATs"), ("profiles", "profile names"), ("ports", "ports"),
        ("allowSpoofedSourcePrefixes", "IP networks"),
    ]

    private func findings(_ line: String) -> [String] {
        report(EndpointFieldTests.endpoint + "  \(line)\n").dropLast().map { $0.replacing("e.yaml:9:", with: "") }
    }

    @Test("a text is neither a list nor a mapping, and not empty; without a value it is absent", arguments: texts)
    func text(_ field: String) {
        let column = field.utf8.count + 5
        #expect(findings("\(field): [a]") == ["\(column): error: spec.\(field): a text is expected here, not a list"])
        #expect(
            findings("\(field): {a: b}") == ["\(column): error: spec.\(field): a text is expected here, not a mapping"])
        for null in ["", "~", "null"] {
            #expect(findings("\(field): \(null)") == [])
        }
        for wrong in ["''", "' '", "a/b", "é", #""a\0""#] {
            let findings = findings("\(field): \(wrong)")
            #expect(findings.count == 1)
            #expect(findings.first?.hasPrefix("\(column): error: spec.\(field): ") == true)
        }
    }

    @Test(
        "an identifier keeps a number's or a truth value's own letters",
        arguments: ["0x1F", "010", "true", "no", "1e3"])
    func scalar(_ text: String) throws {
        for field in ["workload", "orchestrator", "containerID", "pod", "endpoint", "serviceAccountName"] {
            let resource = try accepted(EndpointFieldTests.endpoint + "  \(field): \(text)\n")
            #expect(resource.json.contains("\"\(field)\":\"\(text)\""))
        }
    }

    @Test("a list is not a text or a mapping; without a value it is empty", arguments: lists)
    func list(_ field: String, _ content: String) {
        let column = field.utf8.count + 5
        let expected = "\(column): error: spec.\(field): a list of \(content) is expected here, not"
        #expect(findings("\(field): x") == ["\(expected) the text \"x\""])
        #expect(findings("\(field): true") == ["\(expected) the text \"true\""])
        #expect(findings("\(field): {a: b}") == ["\(expected) a mapping"])
        for null in ["", "~", "null", "[]"] {
            #expect(findings("\(field): \(null)") == [])
        }
        #expect(
            findings("\(field): [~]") == [
                "\(column + 1): error: spec.\(field)[0]: an item of the list has no value"
            ])
        #expect(findings("\(field): [[]]").first?.hasPrefix("\(column + 1): error: spec.\(field)[0]: a ") == true)
    }

    @Test("a field of the wrong spelling is kept and warned of", arguments: texts + lists.map(\.0))
    func spelling(_ field: String) {
        let wrong = field.prefix(1).uppercased() + field.dropFirst()
        #expect(
            findings("\(wrong): x") == [
                "3: warning: spec.\(wrong): unknown field, kept without effect"
                    + (field.utf8.count < 3 ? "" : "; did you mean \"\(field)\"?")
            ])
    }
}
