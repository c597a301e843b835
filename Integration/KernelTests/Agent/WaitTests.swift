import Status
import Testing

/// `margay wait`, as a CNI plugin or a script uses it.
struct WaitTests {
    private let host: NetworkNamespace
    private let installation: Installation

    init() throws {
        host = try NetworkNamespace()
        installation = try Installation(in: host)
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText())
    }

    private func wait(_ arguments: String...) throws -> CommandResult {
        try installation.command(["wait"] + arguments).run(limit: .seconds(60))
    }

    @Test func anAgentAndAnInterfaceThatComeLaterAreWaitedFor() throws {
        let unreachable = try wait("web", "--timeout", "100ms")
        #expect(unreachable.exitCode == 3)
        #expect(unreachable.errors.contains("cannot ask the agent on \(installation.socket)"), "\(unreachable)")

        let early = try installation.command(["wait", "web", "--timeout", "60s"]).start()
        let agent = try installation.startAgent()
        try agent.wait(for: "the endpoint") { $0.state("web") == .pending }
        for name in ["web", "default/web", "cali1"] {
            let result = try wait(name, "--timeout", "10ms")
            #expect(result.exitCode == 1)
            #expect(result.errors == "default/web: pending: interface cali1 does not exist\n")
            #expect(result.output.isEmpty)
        }
        let late = try installation.command(["wait", "cali1", "--timeout", "60s"]).start()
        try host.addPair("cali1")
        for command in [early, late] {
            let result = try command.wait(limit: .seconds(60))
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.output.isEmpty && result.errors.isEmpty, "\(result)")
        }
        #expect(try host.ip("route show 10.65.0.2").contains("dev cali1"))
        #expect(try wait("web", "--timeout", "0s").exitCode == 0)
    }

    @Test func goneMeansThatTheKernelHasItNoMore() throws {
        try host.addPair("cali1")
        let agent = try installation.startAgent()
        #expect(try wait("web").exitCode == 0)
        let vain = try wait("web", "--for", "gone", "--timeout", "10ms")
        #expect(vain.exitCode == 1)
        #expect(vain.errors == "default/web: the source still has it; it is up\n")
        let waiting = try installation.command(["wait", "default/web", "--for", "gone", "--timeout", "60s"]).start()
        try installation.delete("web.yaml")
        #expect(try waiting.wait(limit: .seconds(60)).exitCode == 0)
        #expect(try host.ip("route show 10.65.0.2") == "")
        #expect(try !host.execute("nft", "list", "map", "inet", "margay", "from").output.contains("cali1"))
        #expect(try wait("web", "--timeout", "10ms").errors.contains("no endpoint of this node by that name"))
        withExtendedLifetime(agent) {}
    }

    @Test func whatWaitingWillNotMendIsSaidMeanwhile() throws {
        try host.addPair("cali1")
        try installation.put("bad.yaml", endpointText("bad", interface: "cali2", mac: "x"))
        try installation.put("younger.yaml", endpointText("younger", addresses: ["10.65.0.3"]))
        let agent = try installation.startAgent()
        try agent.wait(for: "the endpoints") { $0.state("younger") == .conflict && $0.state("web") == .up }
        let result = try wait("web", "bad", "younger", "--timeout", "50ms")
        #expect(result.exitCode == 1)
        let lines = result.errors.split(separator: "\n")
        let conflict = "default/younger: conflict: interface cali1 belongs to default/web"
        #expect(lines.contains { $0 == "\(conflict); still waiting" }, "\(result)")
        #expect(lines.last == "\(conflict)", "\(result)")
        let rejected = lines.filter { $0.hasPrefix("bad: rejected: \(installation.resources)/bad.yaml:9:8: spec.mac") }
        #expect(rejected.count == 2, "\(result)")
        #expect(!result.errors.contains("default/web:"), "\(result)")

        // It is mended while somebody waits.
        let waiting = try installation.command(
            ["wait", "bad", "younger", "--timeout", "60s"], through: ["sh", "-c", "exec \"$@\" 2>&1", "sh"]
        ).start()
        try waiting.waitForOutput("\(conflict); still waiting", limit: .seconds(60))
        try host.addPair("cali2")
        try host.addPair("cali3")
        try installation.put("bad.yaml", endpointText("bad", interface: "cali2", addresses: ["10.65.0.4"]))
        try installation.put("younger.yaml", endpointText("younger", interface: "cali3", addresses: ["10.65.0.3"]))
        #expect(try waiting.wait(limit: .seconds(60)).exitCode == 0)
    }

    @Test func wrongUsageIsRefused() throws {
        #expect(try wait().exitCode == 64)
        #expect(try wait("web", "--timeout", "soon").exitCode == 64)
        #expect(try wait("web", "--for", "down").exitCode == 64)
    }
}
