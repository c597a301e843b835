import Foundation
import Resources
import TestSupport
import Testing

/// Files that nobody would write, down to those made to take the reader's time and memory.
struct ResourceFuzzTests {
    private static let words =
        [
            "{", "}", "[", "]", ":", "- ", "? ", "---\n", "...\n", "&a ", "*a", "!!binary ", "<<: ", "|\n", ">-\n",
            "\"", "'", "#",
            "%YAML 9.9\n", "\t", "\r", "\0", "\u{feff}", "\u{2028}", "\\ud800", "\\u0000", "\\x", "~", "0x1f", "1e999",
            "-.inf", "9223372036854775808", "kind: List\nitems:\n- ", "{\"items\":[", "metadata: ", "ipNetworks: [",
            "selector: ", "networking.k8s.io/v1", "kind: Staged", "has(", " not in {'a'}", "&&", "global()",
            "endPort: ",
            String(repeating: "!(", count: 120), String(repeating: "[", count: 70), String(repeating: "a", count: 1100),
        ].map { Array($0.utf8) } + [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xfe], [0xfe, 0xff],
        ]

    /// Real documents: the samples, what the pages show, what the demo reads.
    private static func corpus() throws -> [[UInt8]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let demo = root.appending(path: "Integration/demo/resources")
        var inputs = try FileManager.default.contentsOfDirectory(atPath: demo.path).sorted().map {
            try Array(Data(contentsOf: demo.appending(path: $0)))
        }
        for page in ["workload-endpoint.md", "profile.md", "resources.md"] {
            let text = try String(contentsOf: root.appending(path: "docs/\(page)"), encoding: .utf8)
            let blocks = text.components(separatedBy: "```yaml\n").dropFirst()
            inputs += blocks.compactMap { $0.components(separatedBy: "```").first }.map { Array($0.utf8) }
        }
        let texts =
            [RoundTripTests.v3, RoundTripTests.profile, RoundTripTests.v1Profile, JSONTests.compact] + PolicySamples.all
        return inputs.filter { !$0.isEmpty } + texts.map { Array($0.utf8) }
    }

    @Test func whateverAFileHoldsIsReadOrRejected() throws {
        let corpus = try Self.corpus()
        #expect(corpus.count > 8)
        let reader = ResourceReader(allowWideNetworks: true)
        let problem = Fuzz("resources", rounds: 1_500, corpus: corpus, words: Self.words).run {
            Self.problem(reading: $0, with: reader)
        }
        #expect(problem == nil)
    }

    private static func problem(reading bytes: [UInt8], with reader: ResourceReader) -> String? {
        let documents = reader.documents(in: bytes, file: "e.yaml")
        // The least document is an element of a list: a comma and a sign.
        guard documents.count <= bytes.count / 2 + 2 else { return "\(documents.count) documents" }
        var written = 0
        for document in documents {
            switch document.outcome {
            case .ignored: continue
            case .rejected(let rejection):
                if rejection.errors.isEmpty { return "rejected without a reason" }
                if let long = rejection.diagnostics.first(where: { $0.description.utf8.count > 2_000 }) {
                    return "a message of \(long.description.utf8.count) octets"
                }
            case .accepted(let resource):
                let json = resource.json
                written += json.utf8.count
                let again = reader.documents(in: Array(json.utf8), file: "e.yaml").map(\.outcome)
                if again != [.accepted(resource)] { return "it does not come back from \(json)" }
            }
        }
        // A control character of one octet becomes an escape of six; names of fields are ours.
        return written <= 6 * bytes.count + 1_000 * documents.count ? nil : "\(written) octets of resources"
    }

    /// Each of a megabyte, or of what it pretends to be.
    private static let bombs: [(name: String, text: String)] = {
        func endpoint(_ annotation: String) -> String {
            "apiVersion: projectcalico.org/v3\nkind: WorkloadEndpoint\nmetadata: {name: a, annotations: \(annotation)}\n"
        }
        // As long as selectors may be.
        func policy(_ start: String, _ part: String? = nil) -> String {
            let part = part ?? start
            return
                "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {selector: '\(start)"
                + String(repeating: part, count: 262_000 / part.utf8.count)
        }
        let laughs = (1..<12).reduce("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n") {
            $0 + "a\($1): &a\($1) [" + repeatElement("*a\($1 - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        let size = 1 << 20
        return [
            ("aliases of aliases", "apiVersion: projectcalico.org/v3\nkind: Profile\n\(laughs)"),
            ("an alias of itself", "&a [*a]"),
            ("lists in lists", String(repeating: "[", count: size)),
            (
                "closed lists in lists",
                String(repeating: "[", count: size / 2) + String(repeating: "]", count: size / 2)
            ),
            ("objects in objects", String(repeating: "{\"a\":", count: size / 5)),
            ("block lists in block lists", String(repeating: "- ", count: size / 2)),
            ("complex keys", String(repeating: "? ", count: size / 2)),
            ("one scalar", endpoint("{x: \(String(repeating: "x", count: size))}")),
            ("one quoted scalar without an end", "\"" + String(repeating: "x", count: size)),
            ("one name of a field", "\"" + String(repeating: "k", count: size) + "\": 1"),
            ("the same key", "{" + String(repeating: "a: 1, ", count: size / 6) + "}"),
            ("a new key each time", "{" + (0..<80_000).map { "k\($0): 1, " }.joined() + "}"),
            ("labels", endpoint("{" + (0..<80_000).map { "k\($0): v, " }.joined() + "}")),
            ("documents", String(repeating: "---\n", count: size / 4)),
            ("documents of a word", String(repeating: "--- a\n", count: size / 6)),
            ("broken documents", String(repeating: "--- ]\n", count: size / 6)),
            (
                "items",
                "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [" + String(repeating: "1,", count: size / 2)
                    + "]}"
            ),
            ("lists of lists of resources", String(repeating: "{\"kind\":\"List\",\"items\":[", count: 40_000)),
            ("anchors", String(repeating: "- &a x\n", count: size / 7)),
            ("comments", String(repeating: "#\n", count: size / 2)),
            ("blanks", String(repeating: " ", count: size)),
            ("tabs in JSON", "{" + String(repeating: "\t", count: size)),
            ("escapes in JSON", "{\"a\": \"" + String(repeating: "\\ud83d\\ude00", count: size / 12) + "\"}"),
            ("carriage returns", String(repeating: "\r", count: size)),
            ("directives", String(repeating: "%YAML 1.1\n", count: size / 10)),
            ("tags", String(repeating: "- !<tag:a> b\n", count: size / 13)),
            ("zeros", String(repeating: "\0", count: size)),
            ("selectors", policy("all() || ") + "has(a)'}\n"),
            ("a selector of parentheses", policy("(")),
            ("a selector of negations", policy("!")),
            ("a selector of values", policy("a in {", "\"x\",") + "}'}\n"),
            (
                "networks",
                endpoint("{}") + "spec: {node: n, interfaceName: c, ipNetworks: ["
                    + (0..<60_000).map { "10.\($0 >> 8 & 255).\($0 & 255).1," }.joined() + "]}\n"
            ),
        ]
    }()

    /// A minute of processor time would be a file that stops the agent; what is slow here grows with its square.
    @Test(arguments: bombs.indices) func nothingTakesMoreThanItsLength(index: Int) {
        let (name, text) = Self.bombs[index]
        let reader = ResourceReader(allowWideNetworks: true)
        let problem = Fuzz("bomb-\(index)", rounds: 0, corpus: [Array(text.utf8)]).run(limit: .seconds(30)) {
            Self.problem(reading: $0, with: reader)
        }
        #expect(problem == nil, "\(name)")
    }
}
