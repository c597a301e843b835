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
}

extension String {
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
