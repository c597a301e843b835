import Resources
import Testing

/// What a file may ask for at most, and that it says so where it asks for more.
@Suite struct LimitTests {
    private func endpoint(_ name: String, extra: String) -> String {
        """
        {"apiVersion": "projectcalico.org/v3", "kind": "WorkloadEndpoint", "metadata": {"name": "\(name)"},
         "spec": {"node": "n", "interfaceName": "cali1", "ipNetworks": ["10.0.0.1"], \(extra)}}

        """
    }

    /// Nested so deep, the document and its `spec` counted.
    private func nested(_ levels: Int) -> String {
        let depth = levels - 2
        return endpoint(
            "a", extra: "\"x\": \(String(repeating: "[", count: depth))1\(String(repeating: "]", count: depth))")
    }

    /// One of these in the agent's answer must not make the whole answer unreadable.
    @Test func whatIsAcceptedCanBeReadAgainInAList() throws {
        for text in [nested(60), endpoint("a", extra: "? \(String(repeating: "\u{e9}", count: 998))\n: 1")] {
            let resource = try accepted(text)
            let list = ResourceList.json([resource, resource])
            for text in [list, try DocumentText(json: list).yaml, try DocumentText(json: list).json] {
                let documents = read(text)
                #expect(documents.map(\.outcome) == [.accepted(resource), .accepted(resource)])
            }
        }
    }

    @Test func aResourceIsNestedNoDeeperThanAListAllows() {
        #expect(
            report(nested(61)) == [
                "e.yaml:1:1: error: nested deeper than the 60 levels that a resource may have", "e.yaml:1:1 rejected ?",
            ])
    }

    /// YAML has no bound for a key that `?` announces. Control characters come out as escapes.
    @Test(arguments: [String(repeating: "k", count: 999), String(repeating: "\\u0001", count: 167)])
    func aFieldsNameIsNoLongerThanYAMLAllows(name: String) {
        let report = report(endpoint("a", extra: "? \"\(name)\"\n: 1"))
        #expect(report.contains { $0.contains(" error: spec") && $0.contains("too long: at most 1000 characters") })
    }

    @Test func aLongNameOfAFieldIsCutInMessages() throws {
        let report = report(endpoint("a", extra: "\(String(repeating: "k", count: 900)): 1"))
        let path = "spec.\(String(repeating: "k", count: 80))…: unknown field"
        #expect(report.contains { $0.contains(path) }, "\(report)")
        #expect(report.allSatisfy { $0.count < 300 })
    }

    @Test func whatComesAfterTooManyDocumentsIsOneError() {
        let items = "[\(String(repeating: "1, ", count: 9))\(endpoint("a", extra: ""))]"
        let reader = ResourceReader(maximumDocuments: 3)
        for text in [items, items + "---\n" + items + "---\n[", "[1]\n---\n[1]\n---\n[1]\n---\n[", "1\n---\n" + items] {
            let documents = reader.documents(in: Array(text.utf8), file: "e.yaml")
            #expect(documents.count == 4)
            #expect(report(documents).filter { $0.contains("split it") }.count == 1, "\(report(documents))")
            #expect(report(documents).dropLast().last?.contains("a file may hold 3 documents: split it; from") == true)
            #expect(report(documents).last?.hasSuffix("rejected ?") == true)
        }
        #expect(reader.documents(in: Array("[1, 1, 1]".utf8), file: "e.yaml").count == 3)
    }
}
