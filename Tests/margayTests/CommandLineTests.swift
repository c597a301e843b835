import ArgumentParser
import Resources
import Settings
import Testing

@testable import margay

@Suite struct CommandLineTests {
    @Test(arguments: [
        ["--socket", "/s", "--config", "/c", "--log-level", "debug", "status", "web"],
        ["status", "--socket", "/s", "web", "--config", "/c", "--log-level", "debug"],
        ["--config=/c", "status", "--log-level=debug", "web", "--socket=/s"],
    ])
    func globalOptionsStandBeforeOrAfterTheSubcommand(arguments: [String]) throws {
        let command = try #require(try Margay.parseAsRoot(arguments) as? StatusCommand)
        #expect(command.root.global.socket == "/s")
        #expect(command.root.global.config == "/c")
        #expect(command.root.global.logLevel == .debug)
        #expect(command.names == ["web"])
    }

    @Test func statusTakesNamesAndAFormat() throws {
        let plain = try #require(try Margay.parseAsRoot(["status"]) as? StatusCommand)
        #expect(plain.output == .table)
        #expect(plain.names.isEmpty && !plain.watch && !plain.brief)
        let full = try #require(
            try Margay.parseAsRoot(["status", "a", "ns/b", "-o", "json", "--watch"]) as? StatusCommand)
        #expect(full.output == .json)
        #expect(full.names == ["a", "ns/b"])
        #expect(full.watch)
    }

    @Test func pathsAreSeveral() throws {
        let render = try #require(try Margay.parseAsRoot(["render", "a", "b", "--node", "n"]) as? RenderCommand)
        #expect(render.paths == ["a", "b"] && render.node == "n" && render.output == .nft)
        #expect(try #require(try Margay.parseAsRoot(["diff", "a", "b"]) as? DiffCommand).wanted.paths == ["a", "b"])
        #expect(try #require(try Margay.parseAsRoot(["check"]) as? CheckCommand).wanted.paths == [])
    }

    @Test(arguments: [
        ("wep", ResourceKind.workloadEndpoint), ("WEPs", .workloadEndpoint), ("WorkloadEndpoint", .workloadEndpoint),
        ("workloadendpoints", .workloadEndpoint), ("Profile", .profile), ("profiles", .profile), ("pro", .profile),
        ("PROS", .profile), ("np", .networkPolicy), ("policies", .networkPolicy), ("gnp", .globalNetworkPolicy),
        ("GlobalNetworkPolicies", .globalNetworkPolicy), ("tier", .tier), ("Tiers", .tier), ("netset", .networkSet),
        ("gns", .globalNetworkSet), ("knp", .kubernetesNetworkPolicy), ("ns", .namespace), ("namespaces", .namespace),
        ("sa", .serviceAccount), ("snp", .stagedNetworkPolicy), ("sgnp", .stagedGlobalNetworkPolicy),
        ("sknp", .stagedKubernetesNetworkPolicy),
    ])
    func kindsGoByCalicoctlsNames(name: String, kind: ResourceKind) throws {
        let get = try #require(try Margay.parseAsRoot(["get", name, "web", "-n", "prod"]) as? GetCommand)
        #expect(get.kind.kind == kind && get.name == "web" && get.namespace == "prod" && get.output == .table)
    }

    @Test func noNameMeansTwoKinds() {
        let names = ResourceKind.allCases.flatMap(\.names)
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: [
        ["status", "-o", "xml"], ["status", "--brief", "-o", "json"],
        ["validate", "/a", "--source", "etcd:http://h:1"], ["frobnicate"], ["--verbose"],
        ["status", "--socket"], ["version", "extra"], ["render"], ["render", "a", "-o", "yaml"], ["get"],
        ["get", "pods"], ["get", "wep", "a", "b"], ["diff", "-o", "json"],
    ])
    func wrongUsageExits64(arguments: [String]) {
        do {
            _ = try Margay.parseAsRoot(arguments)
            Issue.record("accepted")
        } catch {
            #expect(Margay.exitCode(for: error) == .validationFailure)
            #expect(ExitCode.validationFailure.rawValue == 64)
        }
    }

    @Test func withoutASubcommandHelpIsPrinted() throws {
        var command = try Margay.parseAsRoot([])
        let error = #expect(throws: (any Error).self) { try command.run() }
        let help = try #require(error)
        #expect(Margay.exitCode(for: help) == .success)
        #expect(Margay.fullMessage(for: help).contains("USAGE: margay"))
    }

    @Test func helpFitsEightyColumnsAndNamesExitCodes() {
        let commands = Margay.configuration.subcommands
        for command in [Margay.self] + commands + commands.flatMap({ $0.configuration.subcommands }) {
            let help = Margay.helpMessage(for: command, columns: 80)
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
            #expect(command == VersionCommand.self || help.contains("EXIT CODES:"))
        }
    }
}
