import Testing

@testable import Resources

@Suite struct YAMLParserTests {
    @Test("nodes know their lines, columns, styles and nulls")
    func nodes() throws {
        let (documents, error) = YAMLParser.documents(in: Array("é: [1, \"2\", ~, '']\nb:\n---\n- |\n  x\n".utf8))
        #expect(error == nil)
        try #require(documents.count == 2)
        guard case .mapping(let pairs) = documents[0].content, case .sequence(let items) = pairs[0].value.content
        else {
            Issue.record("\(documents)")
            return
        }
        #expect(items.map(\.column) == [5, 8, 13, 16])
        #expect(items.map(\.text) == ["1", "2", "~", ""])
        #expect(items.map(\.isNull) == [false, false, true, false])
        #expect(pairs[1].key.line == 2)
        #expect(pairs[1].value.isNull)
        guard case .sequence(let second) = documents[1].content, case .scalar(let block) = second[0].content else {
            Issue.record("\(documents)")
            return
        }
        #expect(block == YAMLNode.Scalar(text: "x\n", isPlain: false))
        #expect(second[0].line == 4)
    }

    @Test("what stands before an error is returned, with the first error")
    func error() {
        let (documents, error) = YAMLParser.documents(in: Array("a: 1\n---\nb: [\n---\nc: }\n---\nd: 1\n".utf8))
        #expect(documents.count == 1)
        #expect(error?.line == 4)
        #expect(error?.description == "4:1: did not find expected node content while parsing a flow node")
    }

    @Test("an explicit tag keeps a text from being null")
    func tag() {
        let (documents, _) = YAMLParser.documents(in: Array("!!str null".utf8))
        #expect(documents.map(\.isNull) == [false])
    }

    @Test("64 levels of nesting are read, one more is refused where it begins")
    func depth() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(YAMLParser.documents(in: nested(64)).1 == nil)
        #expect(
            YAMLParser.documents(in: nested(65)).1
                == YAMLError(line: 1, column: 65, problem: "nested deeper than 64 levels"))
        #expect(YAMLParser.documents(in: nested(200_000)).1?.problem == "nested deeper than 64 levels")
    }

    @Test("deep nesting made of aliases is refused")
    func aliasDepth() {
        let text = "- &a0 [x]\n" + (1...70).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
        #expect(YAMLParser.documents(in: Array(text.utf8)).1?.problem == "nested deeper than 64 levels")
    }

    @Test("an alias stands for what it names")
    func alias() throws {
        let text = endpoint("a").replacing("cali", with: "&i cali").replacing("node: node1", with: "node: *i")
        #expect(report(text).first?.contains("the alias *i has no anchor before it") == true)
        let forward =
            endpoint("a").replacing("node1", with: "&n node1").replacing("[10", with: "[10")
            .replacing("{name: a}", with: "{name: a}\nx: 1") + "  \n"
        #expect(try acceptedEndpoint(forward).node == "node1")
        let used = endpoint("a").replacing("{name: a}", with: "{name: &n a}").replacing("node1", with: "*n ")
        #expect(try acceptedEndpoint(used).node == "a")
    }

    @Test("aliases that multiply are refused before they cost anything")
    func bomb() {
        let text =
            "- &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + (1...20).map { level in
                "- &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
            }.joined()
        let (documents, error) = YAMLParser.documents(in: Array(text.utf8))
        #expect(documents.isEmpty)
        #expect(error?.problem == "the aliases of this document repeat more than 10000 nodes")
    }

    @Test("a mapping with very many keys is judged in time that grows with their number")
    func manyKeys() {
        let keys = (0..<50_000).map { "k\($0): 1\n" }.joined()
        #expect(report(keys + "k7: 2\n").first?.hasPrefix("e.yaml:1:1: error: kind: is required") == true)
        let text = endpoint("a") + keys + "k7: 1\nk8: 2\n"
        let diagnostics = report(text)
        #expect(diagnostics.contains("e.yaml:50007:1: warning: k7: given twice with the same value, first on line 14"))
        #expect(
            diagnostics.contains(
                "e.yaml:50008:1: error: k8: given twice with different values, first on line 15: remove one"))
    }

    @Test(
        "bytes that are no UTF-8 text are refused at their place",
        arguments: [
            ([0xff], 1, 4), ([0x78, 0x0a, 0x62, 0x3a, 0x20, 0xc3, 0x28], 2, 5), ([0xc3, 0xa9, 0xed, 0xa0, 0x80], 1, 5),
            ([0xf8, 0x88, 0x80, 0x80, 0x80], 1, 4), ([0xc0, 0x80], 1, 4), ([0x7f], 1, 4), ([0xe2, 0x82], 1, 4),
        ] as [([UInt8], Int, Int)])
    func invalidBytes(_ bytes: [UInt8], _ line: Int, _ column: Int) throws {
        let documents = ResourceReader().documents(in: Array("a: ".utf8) + bytes, file: "e.yaml")
        try #require(documents.count == 1)
        #expect(documents[0].location == ResourceLocation(file: "e.yaml", line: line, column: column))
        guard case .rejected(let rejection) = documents[0].outcome else {
            Issue.record("accepted")
            return
        }
        #expect(rejection.diagnostics.map { $0.message.hasPrefix("not valid YAML: not a text: ") } == [true])
    }

    @Test("UTF-16 with a byte order mark is read", arguments: [true, false])
    func utf16(_ bigEndian: Bool) throws {
        let units = Array(("\u{feff}" + endpoint("a") + "---\n" + endpoint("b")).utf16)
        let bytes = units.flatMap { unit in
            let bytes = [UInt8(unit >> 8), UInt8(unit & 0xff)]
            return bigEndian ? bytes : bytes.reversed()
        }
        #expect(
            report(ResourceReader().documents(in: bytes, file: "e.yaml")) == [
                "e.yaml:1:1 accepted WorkloadEndpoint default/a", "e.yaml:8:1 accepted WorkloadEndpoint default/b",
            ])
    }
}
