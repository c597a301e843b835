import Resources
import Testing

@Suite struct DocumentTextTests {
    private static let json =
        #"{"kind":"List","items":[{"b":1.50,"a":true,"none":null,"empty":[],"nothing":{},"text":"x"},"#
        + #"[1,["y"]],"z"],"last":{"k":"v"}}"#

    @Test func yamlIsInBlocksInTheDocumentsOrder() throws {
        #expect(
            try DocumentText(json: Self.json).yaml == """
                kind: List
                items:
                  - b: 1.50
                    a: true
                    none: null
                    empty: []
                    nothing: {}
                    text: x
                  - - 1
                    - - "y"
                  - z
                last:
                  k: v

                """)
    }

    @Test func jsonIsIndented() throws {
        #expect(
            try DocumentText(json: #"{"b":[1,{"a":"x\"\u0001"}],"a":[],"c":{}}"#).json == #"""
                {
                  "b": [
                    1,
                    {
                      "a": "x\"\u0001"
                    }
                  ],
                  "a": [],
                  "c": {}
                }
                """#)
    }

    @Test func whatReordersOrHidesTextOnATerminalIsEscaped() throws {
        let json = "{\"k\":\"a\u{202e}b\u{200b}\"}"
        #expect(try DocumentText(json: json).yaml == #"k: "a\u202eb\u200b""# + "\n")
        #expect(scalar(try DocumentText(json: json).json)?.text == "a\u{202e}b\u{200b}")
    }

    /// What a reader of YAML 1.1 or 1.2 could take for something else than a text.
    @Test(arguments: [
        "1337495556942031415926535", "10:20:30:40:50:59", "1e5", "0x1f", "0b1", "010", "1_000", "+1", "-1", ".5", "1.",
        "10.65.0.2", "2026-11-21", "2026-11-21T08:13:18Z", "on", "OFF", "Yes", "no", "y", "N", "true", "False", "null",
        "NULL", "~", "", " ", "a ", " a", "a: b", "a:", "a #b", "#a", "- a", "-", "?", "*a", "&a", "!a", "[a", "{a",
        "a,b", "%a", "@a", "`a", "'a", "\"a", "a\nb", "a\tb", ".inf", ".nan", "=", "<<", "|", ">", "---", "...", "::1",
        "a\\b", "\u{7f}", "\u{2028}", "\u{85}", "\u{feff}",
    ])
    func whatCouldBeMistakenIsQuoted(text: String) throws {
        let json = "{\"k\":\(quoted(text))}"
        let yaml = try DocumentText(json: json).yaml
        #expect(yaml.hasPrefix("k: \""), "\(yaml)")
        #expect(yaml.hasSuffix("\"\n") && yaml.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(scalar(yaml)?.text == text)
        #expect(scalar(try DocumentText(json: json).json)?.text == text)
        // As a name, too.
        let name = try DocumentText(json: "{\(quoted(text)):1}").yaml
        #expect(name.hasPrefix("\""))
    }

    @Test(arguments: [
        "web", "node1-k8s-my--nginx-eth0", "kns.default", "ca:fe:1d:52:bb:e9", "10.65.0.2/32", "2001:db8::1/128",
        "fd00::1", "projectcalico.org/v3", "/etc/margay/resources.d", "route 10.65.0.2/32 dev cali1", "TCP", "none",
    ])
    func whatCannotIsPlain(text: String) throws {
        let yaml = try DocumentText(json: "{\"k\":\"\(text)\"}").yaml
        #expect(yaml == "k: \(text)\n")
        #expect(scalar(yaml)?.text == text)
    }

    @Test("resources come out of both forms as they went in", arguments: [RoundTripTests.v3, RoundTripTests.v1])
    func roundTrip(text: String) throws {
        let resources = try [text, RoundTripTests.profile].map { try accepted($0, allowWideNetworks: true) }
        let document = try DocumentText(json: ResourceList.json(resources))
        for form in [document.yaml, document.json] {
            #expect(read(form, allowWideNetworks: true).map(\.outcome) == resources.map { .accepted($0) })
        }
        let alone = try DocumentText(json: resources[0].json).yaml
        #expect(try accepted(alone, allowWideNetworks: true) == resources[0])
    }

    @Test func whatIsNoDocumentIsAnError() {
        #expect(throws: YAMLError.self) { try DocumentText(json: "{\"a\":") }
        #expect(throws: YAMLError.self) { try DocumentText(json: "") }
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.utf16.map { "\\u" + String($0, radix: 16).leftPadded }.joined() + "\""
    }

    private func scalar(_ yaml: String) -> YAMLNode.Scalar? {
        guard case .mapping(let pairs) = YAMLParser.documents(in: Array(yaml.utf8)).0.first?.content,
            case .scalar(let scalar) = pairs.first?.value.content
        else { return nil }
        return scalar
    }
}

extension String {
    fileprivate var leftPadded: String { String(repeating: "0", count: max(0, 4 - count)) + self }
}
