import Resources
import Testing

/// Names, labels, annotations and times: what Kubernetes and Calico's pages allow, and no more.
@Suite struct NameTests {
    private func document(metadata: String) -> String {
        """
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata: {\(metadata)}
        spec: {node: node1, interfaceName: cali1, ipNetworks: [10.0.0.1]}

        """
    }

    private func findings(_ metadata: String) -> [String] {
        report(document(metadata: metadata)).dropLast().map { $0.replacing("e.yaml:3:", with: "") }
    }

    static let long = String(repeating: "a", count: 63)
    /// A DNS name of 253 characters.
    static let longest = [long, long, long, String(repeating: "a", count: 61)].joined(separator: ".")

    @Test(
        "a label's key is a qualified name",
        arguments: [
            "app", "calico/k8s_ns", "a", "A", "5", "projectcalico.org/namespace", long, "\(longest)/\(long)", "x.y_z-9",
        ])
    func labelKey(_ key: String) {
        #expect(findings("name: web, labels: {\"\(key)\": x}") == [])
    }

    @Test(
        "other texts are no keys of labels",
        arguments: [
            "", "a ", "-a", "a-", ".a", "é", "~", "a/b/c", "a/", long + "a",
        ])
    func notLabelKey(_ key: String) {
        let findings = findings("name: web, labels: {\"\(key)\": x}")
        #expect(findings.count == 1)
        #expect(findings.first?.hasPrefix("32: error: metadata.labels") == true)
        #expect(
            findings.first?.contains(" is not a valid qualified name: up to 63 letters, digits, '.', '_', '-'") == true)
    }

    @Test(
        "what stands before a key's slash is a DNS name, in annotations of either case",
        arguments: ["", "Example.org", "ex_ample.org", "a..b", "a-.b", ".a", "a.", long + "." + longest])
    func prefix(_ prefix: String) {
        let findings = findings("name: web, labels: {\"\(prefix)/a\": x}")
        #expect(findings.count == 1)
        #expect(
            findings.first?.contains("what stands before '/' is a DNS name of up to 253 lower-case letters, digits")
                == true)
        let inAnnotations = self.findings("name: web, annotations: {\"\(prefix)/a\": x}")
        #expect(inAnnotations.isEmpty == (prefix == "Example.org"))
    }

    @Test("a label's value has the form of a key's last part, or is empty; an unquoted number keeps its digits")
    func labelValue() throws {
        let labels = try accepted(
            document(metadata: "name: web, labels: {a: '', b: , c: \(Self.long), d: 010, e: true, f: A.b_c-9, g: 1.50}")
        ).metadata.labels
        #expect(labels == ["a": "", "b": "", "c": Self.long, "d": "010", "e": "true", "f": "A.b_c-9", "g": "1.50"])
    }

    @Test("other texts are no values of labels", arguments: ["-x", "x.", "a b", "x/y", "ü", "x\\ny", long + "a"])
    func notLabelValue(_ value: String) {
        #expect(
            findings("name: web, labels: {a: \"\(value)\"}") == [
                "35: error: metadata.labels.a: \"\(value)\" is not a valid label value: up to 63 letters, digits, '.', "
                    + "'_', '-' that begin and end with a letter or digit"
            ])
    }

    @Test("annotations hold any text, 256 KiB with their keys and no byte more")
    func annotations() throws {
        let most = String(repeating: "x", count: 256 * 1024 - 1)
        #expect(findings("name: web, annotations: {a: \(most)}") == [])
        #expect(
            findings("name: web, annotations: {a: \(most)x}") == [
                "36: error: metadata.annotations: the annotations have 262145 bytes together: at most 262144 are accepted"
            ])
        let text = try accepted(document(metadata: #"name: web, annotations: {a: "any\ntext, ü"}"#))
        #expect(text.metadata.annotations == ["a": "any\ntext, ü"])
    }

    @Test(
        "a name has a letter or digit among its characters",
        arguments: ["a", "A.b_c-9", "-a", "0", String(repeating: "a", count: 253)])
    func name(_ name: String) {
        #expect(findings("name: \(name), namespace: \(name)") == [])
    }

    @Test("dots alone are no name: they would be a folder where names become paths", arguments: [".", "..", "-_."])
    func notName(_ name: String) {
        let message = "\"\(name)\" is not a valid name: 1 to 253 letters, digits, '.', '_', '-', at least one of them"
        let findings = findings("name: \"\(name)\", namespace: \"\(name)\"")
        #expect(findings.count == 2)
        #expect(findings.first?.hasPrefix("18: error: metadata.name: \(message)") == true)
        #expect(findings.last?.contains("metadata.namespace: \(message)") == true)
    }

    @Test(
        "a creation time is kept as Kubernetes keeps it, so that texts compare as times",
        arguments: [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("2026-01-01T00:00:00.999999999Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T01:30:00+02:00", "2025-12-31T23:30:00Z"),
            ("2024-02-28T23:00:00-01:30", "2024-02-29T00:30:00Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"), ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ])
    func time(_ text: String, _ expected: String) throws {
        let metadata = try accepted(document(metadata: "name: web, creationTimestamp: \(text)")).metadata
        #expect(metadata.creationTimestamp == expected)
    }

    @Test(
        "other texts are no times",
        arguments: [
            "yesterday", "2026-01-01", "2026-01-01 00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0200", "2026-01-01t00:00:00z", "+026-01-01T00:00:00Z",
            "9999-12-31T23:59:59-00:01", "2026-01-01T00:00:00ZZ", "5",
        ])
    func notTime(_ text: String) {
        #expect(
            findings("name: web, creationTimestamp: \"\(text)\"") == [
                "42: error: metadata.creationTimestamp: \"\(text)\" is not a valid time: RFC 3339, "
                    + "such as 2026-01-31T12:00:00Z"
            ])
    }

    @Test("null is an absent time, as calicoctl prints it")
    func noTime() throws {
        let metadata = try accepted(document(metadata: "name: web, creationTimestamp: null")).metadata
        #expect(metadata.creationTimestamp == nil)
    }
}
