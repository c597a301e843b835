import Agent
import ArgumentParser
import Resources
import Settings
import Status
import Testing

@testable import margay

@Suite struct ExplainCommandTests {
    private func parse(_ arguments: String...) throws -> ExplainCommand {
        try #require(try Margay.parseAsRoot(["explain"] + arguments) as? ExplainCommand)
    }

    @Test func aQuestionHasTwoEndsAndDefaults() throws {
        let plain = try parse("--from", "web", "--to", "db", "--port", "80")
        #expect(plain.from == "web" && plain.to == "db" && plain.transport == .tcp && plain.port == 80)
        #expect(plain.output == .table && plain.resources == [] && !plain.kernel && plain.sourcePort == nil)
        let full = try parse(
            "--from", "web", "--resources", "a", "b", "--to", "db", "--protocol", "UDP", "--source-port", "53",
            "--ip-version", "6", "--node", "n", "--kernel", "-o", "wide")
        #expect(full.resources == ["a", "b"] && full.to == "db" && full.transport == .udp && full.sourcePort == 53)
        #expect(full.ipVersion == 6 && full.node == "n" && full.kernel && full.output == .wide)
        let icmp = try parse("--from", "a", "--to", "b", "--protocol", "icmp", "--icmp-type", "3", "--icmp-code", "4")
        #expect(icmp.icmpType == 3 && icmp.icmpCode == 4)
        #expect(try parse("--from", "a", "--to", "b", "--protocol", "47").transport.rawValue == 47)
    }

    @Test(arguments: [
        ["--from", "a"], ["--from", "a", "--to", "b", "--port", "0"], ["--from", "a", "--to", "b", "--port", "65536"],
        ["--from", "a", "--to", "b", "--protocol", "icmp", "--port", "1"],
        ["--from", "a", "--to", "b", "--icmp-type", "8"],
        ["--from", "a", "--to", "b", "--protocol", "icmp", "--icmp-code", "0"],
        ["--from", "a", "--to", "b", "--protocol", "http"], ["--from", "a", "--to", "b", "--ip-version", "5"],
        ["--from", "a", "--to", "b", "--node", "n"], ["--from", "a", "--to", "b", "--kernel"],
        ["--from", "a", "--to", "b", "c"],
    ])
    func whatMakesNoSenseIsWrongUsage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Margay.parseAsRoot(["explain"] + arguments) }
        #expect(error.map { Margay.exitCode(for: $0).rawValue } == 64)
    }

    @Test func theFirstWordIsTheVerdictAndEachDirectionFollows() throws {
        let documents = """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: web, namespace: default}
            spec: {node: node1, interfaceName: cali1, ipNetworks: [10.65.0.2/32], profiles: [open]}
            ---
            apiVersion: projectcalico.org/v3
            kind: Profile
            metadata: {name: open}
            spec: {egress: [{action: Allow}]}

            """
        let resources = ResourceReader().documents(in: Array(documents.utf8), file: "t").compactMap { document in
            if case .accepted(let resource) = document.outcome { resource } else { nil }
        }
        func lines(_ from: String, _ to: String, isWide: Bool = false) throws -> [String] {
            let question = ExplainQuestion(from: from, to: to, protocol: 6, port: 80)
            let explanation = try Explain.answer(
                question, resources, AgentSettings(node: "node1"), readsKernel: false)
            return ExplainTable(explanation, text: TerminalText(isColoured: false)).lines(isWide: isWide)
        }
        #expect(
            try lines("web", "198.51.100.1") == [
                "allow  (by what is wanted; the kernel was not read)", "",
                "default/web (10.65.0.2, cali1) -> 198.51.100.1, TCP, port 80", "",
                "egress at default/web (10.65.0.2, cali1): allow",
                "    Why      rule egress[0] of profile open allows it", "    Profile  open",
                "    Rule     egress[0] {\"action\":\"Allow\"}", "", "ingress at 198.51.100.1: -",
                "    Why      not judged: 198.51.100.1 is no endpoint's",
            ])
        let denied = try lines("198.51.100.1", "web", isWide: true)
        #expect(denied[0].hasPrefix("deny  ") && denied.contains("    Why      no profile allows it: open"))
        #expect(denied.contains { $0.hasPrefix("    Path     to-cali1[0] counter") })
    }
}
