import ArgumentParser
import Settings
import TestSupport
import Testing

@testable import margay

@Suite struct ConfigCommandTests {
    private let folder = TemporaryFolder()

    private func check(_ arguments: String...) throws -> ConfigCheck {
        let command = try #require(try Margay.parseAsRoot(["config", "check"] + arguments) as? ConfigCheckCommand)
        return ConfigCheck(
            loading: command.root.settingsSource(
                node: command.agent.node, source: command.agent.source, environment: [:]))
    }

    private func lines(_ check: ConfigCheck) -> [String] {
        check.lines.map { $0.replacing(folder.path + "/", with: "") }
    }

    @Test func globalOptionsAndThoseOfTheAgentArrive() throws {
        for arguments in [
            ["--config", "/c", "config", "show", "--node", "n", "-o", "yaml", "--source", "directory:/d"],
            ["config", "--config", "/c", "show", "--node", "n", "-o", "yaml", "--source", "directory:/d"],
            ["config", "show", "--node", "n", "-o", "yaml", "--source", "directory:/d", "--config", "/c"],
        ] {
            let command = try #require(try Margay.parseAsRoot(arguments) as? ConfigShowCommand)
            #expect(command.root.global.config == "/c" && command.output == .yaml)
            #expect(command.agent.node == "n" && command.agent.source == "directory:/d")
        }
    }

    @Test func whatIsValidIsToldWithAllThatWasRead() throws {
        let path = folder.write("source: {kubernetes: {kubeconfig: /k}}\n", to: "m.yaml")
        folder.makeFolder("m.d")
        folder.write("nat: {outbound: false}\n", to: "m.d/a.yaml")
        let check = try check("--config", path, "--node", "n", "--log-level", "debug")
        #expect(check.isValid)
        #expect(
            lines(check) == [
                "m.yaml:1:35: warning: source.kubernetes.kubeconfig: has no effect in this version",
                "valid, 1 warning: m.yaml, m.d/a.yaml, --node, --log-level",
            ])
        let json = try check.json()
        #expect(json.contains("\"valid\": true"))
        #expect(json.contains("\"\(folder.path(of: "m.d/a.yaml"))\""))
    }

    @Test func everyViolationIsPrintedAtOnce() throws {
        let path = folder.write("nod: a\nrouts: {}\n", to: "m.yaml")
        let check = try check("--config", path, "--node", "a b", "--source", "ftp://there")
        #expect(!check.isValid)
        let lines = lines(check)
        #expect(lines.count == 5)
        for (line, start) in zip(
            lines,
            [
                "m.yaml:1:1: error: nod: ", "m.yaml:2:1: error: routs: ", "--source: error: source: ",
                "--node: error: node: ",
            ])
        {
            #expect(line.hasPrefix(start))
        }
        #expect(lines.last == "not valid: 4 errors")
        #expect(try check.json().contains("\"origin\": \"--source\""))
    }

    @Test func aSourceThatThisVersionCannotReadIsNotValid() throws {
        let path = folder.write("source: {type: kubernetes}\n", to: "m.yaml")
        let check = try check("--config", path, "--node", "n")
        #expect(!check.isValid)
        #expect(
            lines(check)[0].hasPrefix(
                "m.yaml:1:16: error: source.type: this version cannot read from kubernetes; use etcd, or a folder"))
    }

    @Test func theTableShowsEveryKeyWithItsOrigin() throws {
        let path = folder.write("nat: {excludedNetworks: [10.0.0.0/8, 10.0.0.0/9]}\n", to: "m.yaml")
        let loaded = try SettingsLoader.load(file: path, environment: ["MARGAY_NODE": "n"])
        let rows = ConfigShowCommand.table(loaded).map { $0.split(separator: " ").joined(separator: " ") }
        #expect(rows.first == "KEY VALUE CHANGE ORIGIN")
        #expect(rows.contains("node n restart MARGAY_NODE"))
        #expect(rows.contains("nat.excludedNetworks 10.0.0.0/8,10.0.0.0/9 reload \(path):1:25"))
        #expect(rows.contains("source.etcd.username - restart default"))
        #expect(rows.count == loaded.lines.count + 1)
    }
}
