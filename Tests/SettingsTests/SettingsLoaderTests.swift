import Glibc
import TestSupport
import Testing

@testable import Settings

@Suite struct SettingsLoaderTests {
    /// Loads with a host name of its own and no default file.
    private func load(
        file: String? = nil, environment: [String: String] = [:], flags: SettingsFlags = SettingsFlags()
    ) throws(SettingsError) -> LoadedSettings {
        try SettingsLoader.load(
            file: file, environment: environment, flags: flags, defaultFile: "/nonexistent/margay.yaml",
            hostName: { "host-7" })
    }

    private func problems(
        _ text: String, environment: [String: String] = [:], flags: SettingsFlags = SettingsFlags()
    ) -> [String] {
        let folder = TemporaryFolder()
        let path = folder.write(text, to: "margay.yaml")
        do throws(SettingsError) {
            _ = try load(file: path, environment: environment, flags: flags)
            return []
        } catch {
            return error.problems.map { $0.description.replacing(path, with: "margay.yaml") }
        }
    }

    /// A configuration file that says one thing: nested sections in flow style.
    private func document(_ key: String, _ value: String) -> String {
        let names = key.split(separator: ".")
        return names.dropLast().map { "\($0): {" }.joined() + "\(names.last!): \(value)"
            + String(repeating: "}", count: names.count - 1)
    }

    /// The value of a key as the JSON of the settings shows it.
    private func value(_ key: String, of settings: AgentSettings) -> String {
        var json = Substring(settings.json)
        for name in key.split(separator: ".") {
            json = json[json.firstRange(of: "\"\(name)\":")!.upperBound...]
        }
        return String(json)
    }

    @Test func theSamplesCoverEveryKey() {
        #expect(SettingSample.all.map(\.key) == AgentSettings.keys.map(\.key))
        #expect(SettingSample.all.map(\.variable) == AgentSettings.keys.map(\.variable))
    }

    @Test func withoutAnyOriginTheDocumentedDefaultsHold() throws {
        let loaded = try load()
        #expect(
            loaded.settings.json == #"{"node":"host-7","source":{"type":"directory","#
                + #""directory":{"path":"/etc/margay/resources.d"},"#
                + #""etcd":{"endpoints":[],"username":null,"passwordFile":null,"caFile":null,"certFile":null,"#
                + #""keyFile":null},"kubernetes":{"kubeconfig":null}},"interfacePrefixes":["cali"],"#
                + #""unknownInterfaces":"drop","chainLayout":"perInterface","endpointToHost":"drop","#
                + #""manageForwarding":true,"allowWideNetworks":false,"conntrackOnPolicyChange":false,"#
                + #""lockTable":false,"nat":{"outbound":true,"excludedNetworks":[],"announce":false},"#
                + #""sourceFilter":{"arp":true,"nd":true,"dhcp":true},"routes":{"protocol":77,"table":254},"#
                + #""resyncInterval":"1m","massDeleteLimit":50,"massDeleteMinimum":10,"massDeleteHold":"1m","#
                + #""lastGood":{"path":"/var/lib/margay/last-good.yaml"},"#
                + #""status":{"socket":"/run/margay/margay.sock","group":"margay"},"#
                + #""http":{"listen":"127.0.0.1:9099"},"logging":{"level":"info","format":"text"}}"#)
        #expect(loaded.files == [])
        #expect(loaded.origins["node"] == .hostName)
        #expect(loaded.origins.values.count { $0 == .builtIn } == AgentSettings.keys.count - 1)
    }

    @Test(arguments: SettingSample.all)
    func theFileSetsEveryKey(sample: SettingSample) throws {
        let folder = TemporaryFolder()
        let text = needed(by: sample.key) + document(sample.key, sample.yaml) + "\n"
        let path = folder.write(text, to: "margay.yaml")
        let loaded = try load(file: path)
        #expect(value(sample.key, of: loaded.settings).hasPrefix(sample.json))
        #expect(loaded.origins[sample.key]?.description.hasPrefix(path + ":") == true)
        #expect(loaded.files == [path])
    }

    @Test(arguments: SettingSample.all)
    func theEnvironmentWinsOverTheFile(sample: SettingSample) throws {
        let builtIn = AgentSettings(node: "other")
        let setting = try #require(AgentSettings.keys.first { $0.key == sample.key })
        let inFile = setting.texts(builtIn).map { texts in
            let quoted = texts.map { "\"\($0)\"" }
            return document(sample.key, setting.isList ? "[\(quoted.joined(separator: ", "))]" : quoted[0])
        }
        let folder = TemporaryFolder()
        let path = folder.write(needed(by: sample.key) + (inFile ?? "") + "\n", to: "margay.yaml")
        let loaded = try load(file: path, environment: [sample.variable: sample.text, "HOME": "/"])
        #expect(value(sample.key, of: loaded.settings).hasPrefix(sample.json))
        #expect(loaded.origins[sample.key] == .environment(sample.variable))
    }

    @Test(arguments: ["\"\"", "~", "null", "off", "\"off\"", ""])
    func healthAndMetricsCanBeSwitchedOff(value: String) throws {
        let folder = TemporaryFolder()
        let path = folder.write("http: {listen: \(value)}\n", to: "margay.yaml")
        let settings = try load(file: path).settings
        #expect(settings.http.listen == nil)
        #expect(settings.json.contains(#""http":{"listen":null}"#))
        #expect(try SettingsLoader.settings(document: Array(settings.json.utf8), name: "s").http.listen == nil)
        #expect(try load(environment: ["MARGAY_HTTP_LISTEN": ""]).settings.http.listen == nil)
    }

    /// What a setting may not be without.
    private func needed(by key: String) -> String {
        switch key {
        case "source.etcd.certFile": "source: {etcd: {keyFile: /k, certFile: /etc/margay/file}}\n#"
        case "source.etcd.keyFile": "source: {etcd: {certFile: /c, keyFile: /etc/margay/file}}\n#"
        default: ""
        }
    }

    @Test func flagsWinOverTheEnvironment() throws {
        let loaded = try load(
            environment: [
                "MARGAY_NODE": "a", "MARGAY_STATUS_SOCKET": "/a", "MARGAY_LOGGING_LEVEL": "error",
                "MARGAY_SOURCE_TYPE": "kubernetes", "MARGAY_SOURCE_DIRECTORY_PATH": "/a",
            ],
            flags: SettingsFlags(node: "b", source: "directory:/b", socket: "/b.sock", logLevel: "trace"))
        #expect(loaded.settings.node == "b")
        #expect(loaded.settings.source.type == .directory)
        #expect(loaded.settings.source.directory.path == "/b")
        #expect(loaded.settings.status.socket == "/b.sock")
        #expect(loaded.settings.logging.level == .trace)
        #expect(loaded.origins["node"] == .flag("--node"))
        #expect(loaded.origins["source.type"] == .flag("--source"))
        #expect(loaded.origins["source.directory.path"] == .flag("--source"))
        #expect(loaded.origins["status.socket"] == .flag("--socket"))
        #expect(loaded.origins["logging.level"] == .flag("--log-level"))
    }

    @Test func sourcesOfTheCommandLine() throws {
        let etcd = try load(flags: SettingsFlags(source: "etcd:https://h:2379,https://i:2379")).settings.source
        #expect(etcd.type == .etcd)
        #expect(etcd.etcd.endpoints == ["https://h:2379", "https://i:2379"])
        let inCluster = try load(flags: SettingsFlags(source: "kubernetes:")).settings.source
        #expect(inCluster.type == .kubernetes)
        #expect(inCluster.kubernetes.kubeconfig == nil)
        let outside = try load(flags: SettingsFlags(source: "kubernetes:/srv/kube/config")).settings.source
        #expect(outside.kubernetes.kubeconfig == "/srv/kube/config")
        let relative = try load(flags: SettingsFlags(source: "directory:samples")).settings.source
        #expect(relative.directory.path == currentDirectory() + "/samples")
    }

    @Test(arguments: SettingSample.all)
    func aWrongValueNamesKeyOriginTextAndWhatIsAccepted(sample: SettingSample) {
        let quoted = "\"\(sample.wrong)\""
        let inFile = document(sample.key, sample.yaml.hasPrefix("[") ? "[\(quoted)]" : quoted)
        let column = inFile.prefix(upTo: inFile.firstRange(of: quoted)!.lowerBound).count + 1
        #expect(
            problems(inFile).first == "margay.yaml:1:\(column): error: \(sample.key): \(sample.complaint)")
        if !sample.wrong.isEmpty {
            let variable = problems("", environment: [sample.variable: sample.wrong])
            #expect(variable.first == "\(sample.variable): error: \(sample.key): \(sample.complaint)")
        }
    }

    @Test(arguments: [
        ("MARGAY_ROUTES_PROTOCOL", ["077", "+77", " 77", "0x4d", "77.0", ""]),
        ("MARGAY_MASS_DELETE_HOLD", ["", "s", "-1s", "1.5s", "60 s", "60S", "25h", "99999999999999999999s"]),
        ("MARGAY_NAT_OUTBOUND", ["", "1", "on", "tRUE"]),
        ("MARGAY_NODE", ["", "a/b", "ä", String(repeating: "n", count: 254)]),
        ("MARGAY_INTERFACE_PREFIXES", ["", "cali,", "a/b", "fifteen-letters"]),
        ("MARGAY_NAT_EXCLUDED_NETWORKS", ["10.0.0.0/8;10.1.0.0/16", "ten"]),
        ("MARGAY_SOURCE_ETCD_ENDPOINTS", ["h:2379", "ftp://h:1", "https://:1", "https://h:0", "https://h/x:1"]),
    ])
    func otherNotationsAreRefused(variable: String, texts: [String]) {
        for text in texts where problems("", environment: [variable: text]).isEmpty {
            Issue.record("\(variable)=\(text) was accepted")
        }
    }

    @Test(arguments: [
        (
            SettingsFlags(node: "a b"),
            "--node: error: node: \"a b\" is not a valid node name: 1 to 253 letters, "
                + "digits, '.', '_' or '-', a letter or digit first and last"
        ),
        (
            SettingsFlags(source: "directory:"),
            "--source: error: source: \"directory:\" is not a valid source: "
                + "directory:/path, etcd:https://host:2379, kubernetes: or kubernetes:/kubeconfig"
        ),
        (
            SettingsFlags(source: "kubernetes"),
            "--source: error: source: \"kubernetes\" is not a valid source: "
                + "directory:/path, etcd:https://host:2379, kubernetes: or kubernetes:/kubeconfig"
        ),
        (
            SettingsFlags(source: "etcd:h"),
            "--source: error: source.etcd.endpoints: \"h\" is not a valid etcd "
                + "endpoint: http:// or https://, host and port, such as https://10.0.0.1:2379"
        ),
        (
            SettingsFlags(socket: "/\(String(repeating: "s", count: 107))"),
            "--socket: error: status.socket: "
                + "\"/\(String(repeating: "s", count: 107))\" is not a valid socket path: an absolute path of at most "
                + "107 bytes"
        ),
        (
            SettingsFlags(logLevel: "loud"),
            "--log-level: error: logging.level: \"loud\" is not a valid choice: "
                + "trace, debug, info, notice, warning, error or critical"
        ),
    ])
    func aWrongFlagIsNamed(flags: SettingsFlags, complaint: String) {
        #expect(problems("", flags: flags).first == complaint)
    }

    @Test func everythingWrongIsSaidAtOnce() {
        let found = problems(
            "nat: {outbond: true, announce: maybe}\nroutes: {protocol: 2}\n",
            environment: ["MARGAY_NODE": "_", "MARGAY_NAT_OUTBOND": "true"],
            flags: SettingsFlags(logLevel: "loud"))
        #expect(
            found == [
                "margay.yaml:1:7: error: nat.outbond: unknown key; did you mean nat.outbound? "
                    + "Accepted in nat: outbound, excludedNetworks, announce",
                "margay.yaml:1:32: error: nat.announce: \"maybe\" is not a valid boolean: true or false",
                "margay.yaml:2:20: error: routes.protocol: \"2\" is not a valid route protocol: 5 to 255 "
                    + "(0 to 4 are the kernel's and the administrator's own)",
                "MARGAY_NAT_OUTBOND: error: no setting has this variable; did you mean MARGAY_NAT_OUTBOUND? "
                    + "A setting's variable is MARGAY_ and its key, such as MARGAY_NAT_OUTBOUND for nat.outbound",
                "MARGAY_NODE: error: node: \"_\" is not a valid node name: 1 to 253 letters, digits, '.', '_' or "
                    + "'-', a letter or digit first and last",
                "--log-level: error: logging.level: \"loud\" is not a valid choice: trace, debug, info, notice, "
                    + "warning, error or critical",
            ])
    }

    @Test func aHostNameThatIsNoNodeNameIsRefusedAndNotAskedForNeedlessly() throws {
        let error = #expect(throws: SettingsError.self) {
            try SettingsLoader.load(environment: [:], defaultFile: "/nonexistent", hostName: { "(none)" })
        }
        #expect(
            error?.description == "host name: error: node: \"(none)\" is not a valid node name: 1 to 253 letters, "
                + "digits, '.', '_' or '-', a letter or digit first and last")
        _ = try SettingsLoader.load(
            environment: ["MARGAY_NODE": "n"], defaultFile: "/nonexistent",
            hostName: {
                Issue.record("asked")
                return ""
            })
    }

    @Test func whatTheAgentWritesReadsBack() throws {
        let environment = Dictionary(uniqueKeysWithValues: SettingSample.all.map { ($0.variable, $0.text) })
        let settings = try load(environment: environment).settings
        #expect(settings != AgentSettings(node: settings.node))
        #expect(try SettingsLoader.settings(document: Array(settings.json.utf8), name: "agent") == settings)
    }
}
