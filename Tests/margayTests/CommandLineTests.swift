import ArgumentParser
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
        #expect(command.root.global.logLevel == "debug")
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

    @Test(arguments: [
        ["status", "-o", "xml"], ["status", "--brief", "-o", "json"], ["validate"], ["frobnicate"], ["--verbose"],
        ["status", "--socket"], ["version", "extra"],
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
        for command in [Margay.self] + Margay.configuration.subcommands {
            let help = Margay.helpMessage(for: command, columns: 80)
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
            #expect(command == VersionCommand.self || help.contains("EXIT CODES:"))
        }
    }
}
