import Resources
import Testing

/// What is wrong with a file that is meant as JSON is said in words of JSON, where it is wrong.
@Suite struct JSONSyntaxTests {
    static let document = """
        {
          "apiVersion": "projectcalico.org/v3",
          "kind": "WorkloadEndpoint",
          "metadata": {"name": "a"},
          "spec": {
            "node": "n",
            "interfaceName": "cali1",
            "ipNetworks": [
              "10.0.0.1"
            ]
          }
        }
        """

    /// Damage: what is replaced by what, and what is said.
    struct Case: CustomTestStringConvertible {
        var old: String
        var new: String
        var message: String
        var testDescription: String { "\(old) → \(new)" }

        init(_ old: String, _ new: String, _ message: String) {
            (self.old, self.new, self.message) = (old, new, message)
        }
    }

    static let cases: [Case] = [
        Case(
            "\"projectcalico.org/v3\",", "\"x\"",
            "3:3: ',' or '}' is expected here, in the object that begins on line 1, not '\"'"),
        Case("\"kind\":", "\"kind\"", "3:10: ':' is expected here, after the name of a field, not '\"'"),
        Case(
            "\"n\",", "\"n,",
            "6:13: this text in double quotes does not end on its line: close it, or write \\n for a line break"),
        Case("\"n\"", "\"\\x\"", "6:14: \\x is no escape: write \\\\ for a backslash"),
        Case("\"n\"", "\"\\u12g4\"", "6:14: \\u needs four hexadecimal digits"),
        Case(
            "\"n\"", "\"\\ud83d\"", "6:14: half a surrogate pair: a character beyond U+FFFF is written as two escapes"),
        Case("\"n\"", "\"\u{0}\"", "6:14: a control character: write it as an escape, such as \\u0000"),
        Case("    ]", "    }", "10:5: ',' or ']' is expected here, in the list that begins on line 8, not '}'"),
        Case("\"spec\": {", "\"spec\": {,", "5:12: a name in double quotes is expected here, not ','"),
        Case(
            "\"10.0.0.1\"", "\"10.0.0.1\" \"10.0.0.2\"",
            "9:18: ',' or ']' is expected here, in the list that begins on line 8, not '\"'"),
        Case("\"10.0.0.1\"", ",", "9:7: a value is expected here, not ','"),
        Case("{\n  \"api", "// a comment\n{\n  \"api", "1:1: a value is expected here, not '/'; JSON has no comments"),
        Case("\"n\",", "é é: \"n\",", "6:13: a value is expected here, not 'é'; a text stands in double quotes"),
    ]

    /// What a file of this name is said to be wrong with, without the name.
    private func errors(_ text: String, file: String = "e.json") -> [String] {
        read(text, file: file).flatMap { document -> [String] in
            guard case .rejected(let rejection) = document.outcome else { return [] }
            return rejection.errors.map { $0.description.replacing("\(file):", with: "") }
        }
    }

    @Test("a mistake is named in words of JSON", arguments: cases)
    func mistake(_ example: Case) throws {
        let place = try #require(example.message.firstRange(of: ": "))
        let expected =
            example.message[..<place.upperBound] + "error: not valid JSON: " + example.message[place.upperBound...]
        #expect(errors(Self.document.replacing(example.old, with: example.new)).last == String(expected))
    }

    @Test("a file cut off anywhere is incomplete, and nothing of it is accepted")
    func truncation() {
        for count in 1..<Self.document.utf8.count {
            let text = String(Self.document.prefix(count))
            #expect(report(read(text, file: "e.json")).allSatisfy { !$0.contains("accepted") })
            let errors = errors(text)
            #expect(errors.count == 1)
            #expect(errors.first?.contains("not valid JSON: ") == true, "\(text)")
            #expect(
                ["incomplete", "is expected here", "does not end on its line"].contains {
                    errors.first?.contains($0) == true
                }, "\(errors)")
        }
    }

    @Test("what is open when the text ends is named with its line, at the end of the text")
    func incomplete() {
        #expect(
            errors(String(Self.document.dropLast(10))) == [
                "10:2: error: not valid JSON: the text ends inside the list that begins on line 8: the file is incomplete"
            ])
        #expect(
            errors("{\"a\": \"b") == [
                "1:7: error: not valid JSON: this text in double quotes has no end: the file is incomplete"
            ])
        #expect(
            errors("[") == [
                "1:2: error: not valid JSON: the text ends inside the list that begins on line 1: the file is incomplete"
            ])
        #expect(errors("}") == ["1:1: error: not valid JSON: a value is expected here, not '}'"])
    }

    @Test("a second document needs a separator; the first is read all the same")
    func twoDocuments() {
        #expect(
            report(read(Self.document + "\n" + Self.document, file: "e.json")) == [
                "e.json:1:1 accepted WorkloadEndpoint default/a",
                "e.json:13:1: error: not valid JSON: text after the end of the document: separate documents by a line "
                    + "with --- alone",
                "e.json:13:1 rejected ?",
            ])
    }

    @Test("documents after a separator are explained too, in their own lines, and read with their escapes")
    func laterDocuments() {
        let second = Self.document.replacing("\"a\"", with: #""b", "annotations": {"x": "\ud83d\ude00"}"#)
        #expect(
            report(read("---\n" + Self.document + "\n---\n" + second + "\n--- \n{\"kind\"", file: "e.json")) == [
                "e.json:2:1 accepted WorkloadEndpoint default/a", "e.json:15:1 accepted WorkloadEndpoint default/b",
                "e.json:28:8: error: not valid JSON: the text ends inside the object that begins on line 28: "
                    + "the file is incomplete",
                "e.json:28:8 rejected ?",
            ])
    }

    @Test("a file of another name, or one that does not begin as JSON does, is YAML")
    func yaml() {
        #expect(errors("{\"a\": [1,", file: "e.yaml").allSatisfy { $0.contains("not valid YAML: ") })
        #expect(errors("a: [1,").allSatisfy { $0.contains("not valid YAML: ") })
        #expect(report(read(endpoint("a"), file: "e.json")) == ["e.json:1:1 accepted WorkloadEndpoint default/a"])
    }

    @Test("what libyaml alone refuses is told of JSON as well")
    func otherErrors() {
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        #expect(errors(deep) == ["1:65: error: not valid JSON: nested deeper than 64 levels"])
        #expect(errors("\u{feff}" + deep) == ["1:65: error: not valid JSON: nested deeper than 64 levels"])
        let bytes = Array("{\"a\": \"".utf8) + [0xe9] + Array("\"}".utf8)
        let documents = ResourceReader().documents(in: bytes, file: "e.json")
        #expect(
            report(documents).first
                == "e.json:1:9: error: not valid JSON: not a text: invalid trailing UTF-8 octet; save the file as UTF-8"
        )
        #expect(errors(String(repeating: "[", count: 200_000)).count == 1)
    }
}
