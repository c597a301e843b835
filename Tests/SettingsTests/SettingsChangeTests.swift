import Testing

@testable import Settings

@Suite struct SettingsChangeTests {
    private static let needsRestart: Set = [
        "node", "source.type", "source.directory.path", "source.etcd.endpoints", "source.etcd.username",
        "source.etcd.passwordFile", "source.etcd.caFile", "source.etcd.certFile", "source.etcd.keyFile",
        "source.kubernetes.kubeconfig", "allowWideNetworks", "routes.protocol", "routes.table",
        "lastGood.path", "status.socket", "status.group", "http.listen", "logging.format",
    ]

    @Test(arguments: SettingSample.all)
    func everyKeyIsTakenOverOrAwaitsARestart(sample: SettingSample) throws {
        let running = AgentSettings(node: "n")
        let setting = try #require(AgentSettings.keys.first { $0.key == sample.key })
        var configured = running
        let texts = sample.text.split(separator: ",").map { $0.drop { $0 == " " } }
        #expect(setting.assign(texts.map { SettingText(text: String($0), origin: .builtIn) }, &configured) == [])
        let change = running.change(to: configured)
        if Self.needsRestart.contains(sample.key) {
            #expect(change.settings == running)
            #expect(change.applied == [])
            #expect(change.awaitingRestart.map(\.key) == [sample.key])
        } else {
            #expect(change.settings == configured)
            #expect(change.applied.map(\.key) == [sample.key])
            #expect(change.awaitingRestart == [])
        }
        // And back again, to nothing where there was nothing.
        #expect(configured.change(to: running).settings == (change.awaitingRestart.isEmpty ? running : configured))
    }

    @Test func theSameSettingsInOtherWordsChangeNothing() throws {
        let one = try SettingsLoader.settings(document: Array("{node: n, resyncInterval: 60s}".utf8), name: "m")
        let other = try SettingsLoader.settings(document: Array("{node: n, resyncInterval: 1m}".utf8), name: "m")
        let change = one.change(to: other)
        #expect(change.applied == [] && change.awaitingRestart == [] && change.settings == one)
    }

    @Test func aDifferenceNamesBothValues() {
        var configured = AgentSettings(node: "node2")
        configured.http.listen = nil
        let change = AgentSettings(node: "node1").change(to: configured)
        #expect(
            change.awaitingRestart.map(\.description)
                == ["node: node2, running with node1", "http.listen: -, running with 127.0.0.1:9099"])
    }
}
