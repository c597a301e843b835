import Glibc
import TestSupport
import Testing

@testable import Settings

@Suite struct SettingsListingTests {
    private func load(_ text: String, environment: [String: String] = [:]) throws -> LoadedSettings {
        let folder = TemporaryFolder()
        let path = folder.write(text, to: "margay.yaml")
        return try SettingsLoader.load(file: path, environment: environment, hostName: { "host" })
    }

    @Test func theYAMLHoldsEveryOriginAndLoadsAgain() throws {
        let loaded = try load(
            """
            nat: {excludedNetworks: [10.0.0.0/8, "2001:db8::/32"]}
            source: {etcd: {endpoints: ["https://h:2379"], passwordFile: "/a: #b"}}
            http: {listen: off}

            """, environment: ["MARGAY_NODE": "123"])
        let yaml = try loaded.yaml()
        #expect(yaml.contains("node: \"123\"  # MARGAY_NODE\n"))
        #expect(yaml.contains("  excludedNetworks:  # \(loaded.files[0]):1:25\n    - 10.0.0.0/8\n"))
        #expect(yaml.contains("    passwordFile: \"/a: #b\"  # \(loaded.files[0]):2:62\n"))
        #expect(yaml.contains("  outbound: true  # default\n"))
        #expect(yaml.count { $0 == "#" } == AgentSettings.keys.count + 1)
        #expect(try SettingsLoader.settings(document: Array(yaml.utf8), name: "y") == loaded.settings)
    }

    @Test func theJSONHoldsEveryKey() throws {
        let loaded = try load("resyncInterval: 90s\nhttp: {listen: \"\"}\n")
        let json = try loaded.json()
        let squeezed = json.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        #expect(
            squeezed.hasPrefix(
                "{\"files\": [\"\(loaded.files[0])\"],\"settings\": [{\"key\": \"node\",\"value\": \"host\","))
        #expect(
            squeezed.contains(
                "{\"key\": \"resyncInterval\",\"value\": \"90s\",\"origin\": \"\(loaded.files[0]):1:17\","
                    + "\"variable\": \"MARGAY_RESYNC_INTERVAL\",\"change\": \"reload\"}"))
        #expect(squeezed.contains("\"key\": \"http.listen\",\"value\": null,"))
        #expect(json.components(of: "\"key\": ") == AgentSettings.keys.count)
    }

    @Test func whatHasNoEffectYetIsWarnedOfWhereItIsAskedFor() throws {
        let loaded = try load(
            "source: {kubernetes: {kubeconfig: /k}}\nnat: {outbound: false}\nlockTable: true\nnode: a\n")
        #expect(
            loaded.warnings.map { $0.description.replacing(loaded.files[0], with: "m") } == [
                "m:1:35: warning: source.kubernetes.kubeconfig: has no effect in this version"
            ])
        let variable = try load("", environment: ["MARGAY_SOURCE_KUBERNETES_KUBECONFIG": "/k"]).warnings
        #expect(
            variable.map(\.description) == [
                "MARGAY_SOURCE_KUBERNETES_KUBECONFIG: warning: source.kubernetes.kubeconfig: "
                    + "has no effect in this version"
            ])
        #expect(try load("").warnings == [])
    }

    /// The warnings about a configuration of etcd without their places.
    private func etcdWarnings(_ text: String) throws -> [String] {
        try load("source: {type: etcd, etcd: {\(text)}}\n").warnings.map { "\($0.key): \($0.message)" }
    }

    @Test func whatIsSeldomMeantOfEtcdIsWarnedOf() throws {
        let folder = TemporaryFolder()
        let secret = folder.write("secret\n", to: "password")
        #expect(chmod(secret, 0o600) == 0)
        let https = #"endpoints: ["https://a:1", "https://b:1"], username: u, passwordFile: \#(secret), "#
        #expect(try etcdWarnings(https + "caFile: /c, certFile: /d, keyFile: /no/such") == [])
        #expect(chmod(secret, 0o604) == 0)
        #expect(
            try etcdWarnings(https + "certFile: /d, keyFile: \(secret)") == [
                "source.etcd.passwordFile: everybody on this host may read \(secret); chmod 0600 \(secret)",
                "source.etcd.keyFile: everybody on this host may read \(secret); chmod 0600 \(secret)",
            ])
        #expect(
            try etcdWarnings(#"endpoints: ["https://a:1", "http://b:1", "https://a:1"], passwordFile: /p"#) == [
                "source.etcd.endpoints: https://a:1 is named more than once",
                "source.etcd.endpoints: https:// and http:// side by side: with http://b:1 nothing is encrypted, and "
                    + "whoever answers there is believed",
                "source.etcd.passwordFile: has no effect without source.etcd.username",
            ])
        #expect(
            try etcdWarnings(#"endpoints: ["http://a:1"], username: u, caFile: /c, certFile: /d, keyFile: /k"#) == [
                "source.etcd.username: goes with an empty password; source.etcd.passwordFile names the file with another",
                "source.etcd.username: goes to http://a:1 with the password for everybody on the way to read; "
                    + "https:// encrypts both",
                "source.etcd.caFile: has no effect with http:// endpoints",
                "source.etcd.certFile: has no effect with http:// endpoints",
                "source.etcd.keyFile: has no effect with http:// endpoints",
            ])
        let forgotten = #"etcd: {endpoints: ["http://a:1"], username: u}"#
        #expect(
            try load("source: {\(forgotten)}\n").warnings.map {
                $0.description.split(separator: ": ").dropFirst().joined(separator: ": ")
            } == [
                "warning: source.etcd.endpoints: has no effect: source.type is directory unless it is said to be etcd"
            ])
        #expect(try load("source: {type: directory, \(forgotten)}\n").warnings == [])
    }
}

extension String {
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
