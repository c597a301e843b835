import Settings
import Testing

@Suite struct SettingsFileTests {
    private func problems(_ text: String) -> [String] {
        do throws(SettingsError) {
            _ = try SettingsLoader.settings(document: Array(text.utf8), name: "m.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func theDocumentedExampleLoads() throws {
        let settings = try SettingsLoader.settings(
            document: Array(
                """
                node: node1                        # default: the host's name
                source: {type: directory, directory: {path: /etc/margay/resources.d}}
                interfacePrefixes: [cali]          # unknown interfaces with these prefixes are closed
                unknownInterfaces: drop            # drop | ignore
                nat: {outbound: true, excludedNetworks: [], announce: false}
                routes: {protocol: 77, table: 254}
                resyncInterval: 60s
                massDeleteLimit: 50                # percent
                status: {socket: /run/margay/margay.sock, group: margay}
                http: {listen: "127.0.0.1:9099"}   # /livez /readyz /metrics /status
                logging: {level: info, format: text} # text | json
                """.utf8), name: "margay.yaml")
        #expect(settings == AgentSettings(node: "node1"))
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "nat:\nsource: {kubernetes: {kubeconfig: }}\nnode: ~\n", "{}"])
    func whatSaysNothingChangesNothing(text: String) throws {
        let settings = try SettingsLoader.settings(document: Array(text.utf8), name: "m.yaml")
        #expect(settings == AgentSettings(node: settings.node))
    }

    @Test(arguments: [
        (
            "excludedNetworks: []",
            "m.yaml:1:1: error: excludedNetworks: unknown key; did you mean "
                + "nat.excludedNetworks? Accepted: node, source, interfacePrefixes, unknownInterfaces, chainLayout, "
                + "endpointToHost, manageForwarding, allowWideNetworks, conntrackOnPolicyChange, lockTable, nat, "
                + "sourceFilter, routes, resyncInterval, massDeleteLimit, massDeleteMinimum, massDeleteHold, "
                + "lastGood, status, "
                + "http, logging"
        ),
        (
            "logging: {color: true}",
            "m.yaml:1:11: error: logging.color: unknown key. Accepted in logging: level, format"
        ),
        (
            "source: {etcd: {endpoint: x}}",
            "m.yaml:1:17: error: source.etcd.endpoint: unknown key; did you mean source.etcd.endpoints? "
                + "Accepted in source.etcd: endpoints, username, passwordFile, caFile, certFile, keyFile"
        ),
        (
            "nat: true",
            "m.yaml:1:6: error: nat: a mapping is expected here, with the keys outbound, excludedNetworks, announce"
        ),
        (
            "node: n\nnat: {announce: true}\nnode: m",
            "m.yaml:3:1: error: node: given twice, the first time at m.yaml:1:1"
        ),
        (
            "interfacePrefixes: cali",
            "m.yaml:1:20: error: interfacePrefixes: a list is expected, each item 1 to 14 of a-z A-Z 0-9 '_' '.' '-'"
        ),
        (
            "interfacePrefixes: [cali, {a: b}]",
            "m.yaml:1:27: error: interfacePrefixes: a plain text is expected: 1 to 14 of a-z A-Z 0-9 '_' '.' '-'"
        ),
        (
            "node: [a]",
            "m.yaml:1:7: error: node: one value is expected: 1 to 253 letters, digits, '.', '_' or '-', "
                + "a letter or digit first and last"
        ),
        (
            "interfacePrefixes: []",
            "m.yaml:1:20: error: interfacePrefixes: at least one prefix is needed, such as [cali]"
        ),
        ("node: n\n---\nnode: m", "m.yaml:3:1: error: a configuration file holds one document"),
        ("? [a]\n: b", "m.yaml:1:3: error: a key must be a plain text"),
        (
            "source: {type: etcd}",
            "m.yaml:1:16: error: source.type: etcd needs source.etcd.endpoints, such as [https://10.0.0.1:2379]"
        ),
        (
            "source: {etcd: {keyFile: /k}}",
            "m.yaml:1:26: error: source.etcd.keyFile: source.etcd.certFile is needed as well"
        ),
    ])
    func whatCannotBeRightIsSaidWithItsPlace(text: String, complaint: String) {
        #expect(problems(text) == [complaint])
    }

    @Test func whatIsNoYAMLIsSaidWithItsPlace() {
        let found = problems("node: n\nnat: {outbound: [}\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("m.yaml:2:18: error: not YAML: ") == true)
    }

    @Test func aNamedFileMustExistAndBeReadable() {
        for (path, reason) in [("/nonexistent/m.yaml", "No such file or directory"), ("/tmp", "Is a directory")] {
            let error = #expect(throws: SettingsError.self) {
                try SettingsLoader.load(file: path, environment: ["MARGAY_NODE": "n"])
            }
            #expect(error?.description == "--config: error: cannot read \(path): \(reason)")
        }
    }

    @Test func aDefaultFileMayBeMissingButNotUnreadable() throws {
        let absent = try SettingsLoader.load(environment: ["MARGAY_NODE": "n"], defaultFile: "/nonexistent/m.yaml")
        #expect(absent.files == [])
        let error = #expect(throws: SettingsError.self) {
            try SettingsLoader.load(environment: ["MARGAY_NODE": "n"], defaultFile: "/tmp")
        }
        #expect(error?.description == "/tmp: error: cannot be read: Is a directory")
    }
}
