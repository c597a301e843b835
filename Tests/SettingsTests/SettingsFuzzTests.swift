import Settings
import TestSupport
import Testing

/// Configuration files that nobody would write.
struct SettingsFuzzTests {
    private static let corpus = [
        """
        node: node1
        source: {type: etcd, etcd: {endpoints: ["https://10.0.0.1:2379"], username: u, passwordFile: /p, caFile: /c}}
        interfacePrefixes: [cali, tap]
        chainLayout: shared
        nat: {outbound: true, excludedNetworks: [10.0.0.0/8, 2001:db8::/32], announce: false}
        routes: {protocol: 77, table: 254}
        resyncInterval: 60s
        massDeleteLimit: 50
        status: {socket: /run/margay/margay.sock, group: margay}
        http: {listen: "[::1]:9099"}
        logging: {level: debug, format: json}
        """,
        #"{"node": "n", "nat": {"outbound": false}, "http": {"listen": ""}, "logging": {"level": "info"}}"#,
    ].map { Array($0.utf8) }

    private static let words =
        [
            "{", "}", "[", "]", ": ", "- ", "? ", "&a ", "*a", "---\n", "~", "\0", "\u{feff}", "\"", "0x10", "1e9",
            "-1",
            "99999999999999999999", "24h", "0.0.0.0:0", "::", "/", "..", "true", "null",
            String(repeating: "[", count: 200),
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80]]

    @Test func whateverAFileHoldsIsLoadedOrRefused() {
        var loaded = 0
        let problem = Fuzz("settings", rounds: 3_000, corpus: Self.corpus, words: Self.words).run { bytes in
            do throws(SettingsError) {
                let settings = try SettingsLoader.settings(document: bytes, name: "m.yaml")
                loaded += 1
                // What an agent tells of itself is what it has.
                let again = try SettingsLoader.settings(document: Array(settings.json.utf8), name: "m.json")
                return settings == again ? nil : "it does not come back from \(settings.json)"
            } catch {
                return error.problems.isEmpty || error.description.isEmpty ? "refused without a reason" : nil
            }
        }
        #expect(problem == nil)
        #expect(loaded > 10)
    }

    /// A password has no place in a URL; who put one there does not find it in a log.
    @Test func aPasswordInAURLIsRefusedAndNotRepeated() {
        for place in ["https://root:s3cret@10.0.0.1:2379", "https://a:1,https://root:s3@cret@h:2379/x"] {
            let error = #expect(throws: SettingsError.self) {
                try SettingsLoader.load(
                    environment: ["MARGAY_SOURCE_ETCD_ENDPOINTS": place],
                    flags: SettingsFlags(source: "etcd:\(place)"), defaultFile: "/nowhere/margay.yaml",
                    hostName: { "n" })
            }
            let text = error?.description ?? ""
            #expect(text.contains("https://…@") && !text.contains("s3") && !text.contains("cret"), "\(text)")
        }
        let error = #expect(throws: SettingsError.self) {
            try SettingsLoader.load(
                environment: [:], flags: SettingsFlags(source: "https://root:s3cret@h"), defaultFile: "/nowhere/m.yaml",
                hostName: { "n" })
        }
        #expect(error?.description.contains("https://…@h") == true && error?.description.contains("s3cret") == false)
    }

    /// The file is named and never opened: what it holds is in no output of the settings.
    @Test func aPasswordFileIsAPathAndNothingElse() throws {
        let folder = TemporaryFolder()
        let password = folder.write("s3cret\n", to: "password")
        let settings = try SettingsLoader.settings(
            document: Array(
                "{node: n, source: {type: etcd, etcd: {endpoints: ['https://h:1'], passwordFile: \(password)}}}".utf8),
            name: "m.yaml")
        #expect(settings.json.contains(password) && !settings.json.contains("s3cret"))
    }

    @Test func aFileWithoutAnEndIsNoConfiguration() {
        let error = #expect(throws: SettingsError.self) {
            try SettingsLoader.load(file: "/dev/zero", environment: [:], hostName: { "n" })
        }
        #expect(error?.description.contains("File too large") == true)
    }
}
