import TestSupport
import Testing

/// What is read without libyaml is what libyaml would have read, of damaged texts too.
struct JSONReaderFuzzTests {
    private static let words =
        [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\n", " ", "\t", "\r", "\r\n", "---\n", "...\n", "- ", "? ", "#",
            " # x\n",
            "&a ", "*a", "!!str ", "'", "~", "null", "true", "0", "-1", "1e5", "01", "0x1f", "\\u0041", "\\u0000",
            "\\ud83d",
            "\\ud83d\\ude00", "\\n", "\\\"", "\\x", "\0", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "é", "{}", "[]",
            "[\"\"]",
            "{\"a\":1}", ",\"a\":1", "\"a\":", "@", "`", "%", "|", ">", "<<",
            String(repeating: "[", count: 62), String(repeating: "k", count: 600), String(repeating: " ", count: 600),
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]

    @Test func noTextIsReadInAnotherWayThanLibyamlReadsIt() {
        let endpoint = """
            {"apiVersion": "projectcalico.org/v3", "kind": "WorkloadEndpoint", "metadata": {"name": "a", "labels":
              {"projectcalico.org/namespace": "a"}, "annotations": {"b": "{\\"c\\":\\"\\\\u0041\\"}"}}, "spec": {"ports":
              [{"port": 80, "x": [true, null, -1.5e3]}], "ipNetworks": ["10.0.0.1/32"]}}

            """
        let corpus = (JSONReaderTests.plain + [endpoint, "---\n" + endpoint + "---\n" + endpoint]).map {
            Array($0.utf8)
        }
        let problem = Fuzz("json", rounds: 40_000, corpus: corpus, words: Self.words).run {
            JSONReaderTests.problem(reading: $0)
        }
        #expect(problem == nil)
    }
}
