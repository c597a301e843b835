import Testing

@testable import Resources

/// What is read without libyaml is what libyaml would have read.
struct JSONReaderTests {
    /// What is wrong with what the reader makes of a text; `nil` also for a text that it leaves to libyaml.
    static func problem(reading bytes: [UInt8]) -> String? {
        bytes.withUnsafeBufferPointer { text in
            for segment in DocumentSplitter.segments(of: text) {
                let part = UnsafeBufferPointer(rebasing: text[segment.bytes])
                guard let document = JSONReader.document(in: part, firstLine: segment.firstLine) else { continue }
                let (expected, error) = YAMLParser.readByLibyaml(part, firstLine: segment.firstLine)
                if let error { return "libyaml refuses it: \(error)" }
                guard expected.count == 1 else { return "libyaml finds \(expected.count) documents" }
                if let problem = difference(document, expected[0]) { return problem }
            }
            return nil
        }
    }

    private static func difference(_ found: YAMLNode, _ expected: YAMLNode) -> String? {
        guard (found.line, found.column, found.textOffset) == (expected.line, expected.column, expected.textOffset)
        else {
            return "a node stands at \(found.line):\(found.column) +\(String(describing: found.textOffset)), not at "
                + "\(expected.line):\(expected.column) +\(String(describing: expected.textOffset))"
        }
        switch (found.content, expected.content) {
        case (.scalar(let left), .scalar(let right)):
            return left == right && left.text.utf8.elementsEqual(right.text.utf8)
                ? nil : "\(left) is \(right), at \(found.line):\(found.column)"
        case (.sequence(let left), .sequence(let right)):
            guard left.count == right.count else { return "\(left.count) items, not \(right.count)" }
            return zip(left, right).lazy.compactMap { difference($0, $1) }.first
        case (.mapping(let left), .mapping(let right)):
            guard left.count == right.count else { return "\(left.count) fields, not \(right.count)" }
            return zip(left, right).lazy.compactMap { difference($0.key, $1.key) ?? difference($0.value, $1.value) }
                .first
        default: return "another kind of node at \(found.line):\(found.column)"
        }
    }

    private static func isRead(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { JSONReader.document(in: $0, firstLine: 1) != nil }
    }

    private static func nested(_ depth: Int) -> String {
        String(repeating: "{\"a\":[", count: depth) + String(repeating: "]}", count: depth)
    }

    static let plain = [
        "{}", "[]", "---\n{}", "\n\n  {}\n\n", "{ }", "[ ]", "{\"\":\"\"}", "[\"a\",\"b\" , \"c\"]",
        "{\"a\":{\"b\":[1,-2,0,3.5e+7,-0.0,1E400,true,false,null,123456789012345678901234567890]}}",
        "{\n  \"a\" : [\n    { \"b\" :\n\n 1 }\n ]\n}\n", "{\"a\":1,\"a\":2}",
        #"{"a\"b\\\/\b\f\n\r\t\u0041\u00e9\u2028\ufeff\uffff\u0000":"\u0085 \u007f"}"#,
        ##"["---","...","# x","a: b","&a *b"]"##,
        "{\"a\":\n\"  b  \"}", "[{\"a\":1\n},\n{\"b\":2}]", nested(32),
        "{\"\(String(repeating: "k", count: 500))\": 1}", "[\"\(String(repeating: "v", count: 5000))\"]",
        "[\"WorkloadEndpoint\",\"creationTimestamp\",\"projectcalico.org/namespace\",\"projectcalico.org/namespacf\"]",
    ]

    @Test(arguments: plain) func plainJSONIsReadAsLibyamlReadsIt(_ text: String) {
        #expect(Self.isRead(text))
        #expect(Self.problem(reading: Array(text.utf8)) == nil)
    }

    private static let unusual = [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{,}", "{a: 1}", "{'a': 1}", "{\"a\"}", "{\"a\":}", "[1 2]", "[01]", "[+1]",
        "[.5]",
        "[1.]", "[nul]", "[Null]", "[yes]", "[~]", "{\"a\":1} x", "{\"a\":1}{}", "{}\n---\n{}", "# x\n{}", "{} # x",
        "[1 # x\n]",
        "{\"a\":1}\n...\n", "\t{}", "{\t}", "{}\t", "{}\r\n", "[\"a\tb\"]", "[\"a\nb\"]", "[\"a\u{1}\"]",
        "[\"a\u{7f}\"]", "[\"é\"]",
        "\u{feff}{}", #"["\ud83d\ude00"]"#, #"["\ud83d"]"#, #"["\x41"]"#, #"["\u00g0"]"#, #"["\u00"#, #"["a\"#, "[\"a",
        "{\"\(String(repeating: "k", count: 2000))\": 1}", "{\"a\"\n: 1}", "[\"a\": 1]", "{[1]: 2}", "{\"a\": &b 1}",
        "{\"a\": !!str 1}", "{? \"a\": 1}", "\"a\"", "1", "{}]", "[}", "--- {}", "---{}", nested(33), "[1:2]", "[-]",
        "[-a]",
        "{\"a\":1:2}", "[true,,false]", "[1,2", "[\"a\"b]", "[\u{0}]", "{}\u{0}",
    ]

    @Test(arguments: unusual) func whatIsUnusualIsLeftToLibyaml(_ text: String) {
        #expect(!Self.isRead(text))
    }

}
