import Glibc
import Status
import Testing

/// The agent's beginning, end and second beginning, seen from outside the process.
struct AgentLifecycleTests {
    @Test func whatTheFolderHoldsIsProgrammedAndReported() throws {
        let scene = try Scene()
        #expect(try !scene.isReached())
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.node == "node1")
        #expect(report.agent.pid == agent.pid)
        #expect(report.source.kind == "directory")
        #expect(report.source.location == scene.installation.resources)
        #expect(report.source.state == .inSync)
        #expect(report.dataplane.state == .applied)
        #expect(report.dataplane.failures == 0)
        let endpoint = try #require(report.endpoint("web"))
        #expect(report.endpoints.count == 1)
        #expect(endpoint.state == .up)
        #expect(endpoint.macFilter == .init(mac: "02:00:00:00:00:01", state: .enforced))
        #expect(endpoint.networks == [.init(cidr: "10.65.0.2/32", state: .programmed)])
        #expect(endpoint.programmedAt != nil)
        #expect(try scene.isReached())
        #expect(try scene.workload.namespace.pings(scene.topology.outsideAddress))
        #expect(try scene.installation.run("status").exitCode == 0)
    }

    @Test func anEndpointOfAnotherNodeIsNotProgrammed() throws {
        let scene = try QuietScene()
        try scene.installation.put("far.yaml", endpointText("far", addresses: ["10.65.0.3"], node: "node2"))
        let report = try scene.installation.startAgent().waitUntilReady()
        #expect(report.endpoints.map(\.name) == ["web"])
        #expect(try scene.routes().contains("10.65.0.2"))
        #expect(try !scene.routes().contains("10.65.0.3"))
    }

    @Test func endedBySIGTERMItLeavesTheKernelAsItIs() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try scene.installation.kernelState()
        #expect(before.contains("10.65.0.2 dev cali1 proto 77"))
        let end = try agent.terminate()
        #expect(end.exitCode == 0, "\(end)\(agent.log)")
        #expect(try scene.installation.kernelState() == before)
        #expect(try scene.isReached())
        #expect(access(scene.installation.socket, F_OK) != 0)
        #expect(try scene.installation.run("status").exitCode == 3)
    }

    @Test func killedAndStartedAgainItChangesNothingAndLosesNoPacket() throws {
        let scene = try Scene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let flow = try Flow(from: scene.topology.outside, to: "10.65.0.2", in: scene.installation.folder)
        let packets = try #require(try first.status().endpoint("web")).counters.fromWorkload.packets
        #expect(packets > 0)
        let before = try scene.installation.kernelState()
        let monitor = try RulesetMonitor(scene.host, in: scene.installation.folder)

        try first.kill()
        #expect(access(scene.installation.socket, F_OK) == 0)
        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()

        #expect(report.agent.pid == second.pid)
        #expect(report.state("web") == .up)
        #expect(report.dataplane.applies == 0)
        #expect(report.dataplane.repairs == 0)
        #expect(try #require(report.endpoint("web")).counters.fromWorkload.packets > packets)
        #expect(try monitor.changes() == [])
        #expect(try scene.installation.kernelState() == before)
        let (sent, answered) = try flow.end()
        // The last one may still be under way.
        #expect(answered == Array(1...max(1, answered.last ?? 1)))
        #expect(sent - answered.count <= 1)
        #expect(answered.count > 100)
    }

    @Test func whatIsNoLongerInTheFolderAtTheStartIsRemoved() throws {
        let scene = try Scene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        #expect(try scene.isReached())
        _ = try first.terminate()
        try scene.installation.delete("web.yaml")

        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()
        #expect(report.endpoints.isEmpty)
        #expect(try scene.routes() == "")
        #expect(try !scene.host.execute("ip", "neighbour", "show", "nud", "permanent").output.contains("10.65.0.2"))
        let ruleset = try scene.host.execute("nft", "list", "ruleset").output
        #expect(ruleset.contains("table inet margay"))
        #expect(!ruleset.contains("\"cali1\""))
        #expect(try !scene.isReached())
    }

    @Test func aFolderThatIsMissingAtTheStartRemovesNothing() throws {
        let scene = try Scene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        _ = try first.terminate()
        try scene.installation.forgetLastGood()
        let before = try scene.installation.kernelState()
        let aside = "\(scene.installation.folder)/aside"
        #expect(rename(scene.installation.resources, aside) == 0)

        let second = try scene.installation.startAgent()
        try second.wait(for: "the source to be out of reach") { $0.source.state == .reconnecting }
        let report = try second.status()
        #expect(!report.ready)
        #expect(report.dataplane.state != .applied)
        let status = try scene.installation.run("status")
        #expect(status.exitCode == 1)
        #expect(status.output.contains("reconnecting"))
        #expect(second.log.contains(scene.installation.resources))
        #expect(try scene.installation.kernelState() == before)
        #expect(try scene.isReached())

        #expect(rename(aside, scene.installation.resources) == 0)
        let returned = try second.waitUntilReady()
        #expect(returned.source.state == .inSync)
        #expect(returned.source.ageSeconds == 0)
        #expect(returned.state("web") == .up)
        #expect(try scene.installation.kernelState() == before)
    }

    @Test func aFolderThatGoesAwayMeanwhileRemovesNothingUntilItIsBack() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try scene.installation.kernelState()
        let aside = "\(scene.installation.folder)/aside"
        #expect(rename(scene.installation.resources, aside) == 0)

        let lost = try agent.wait(for: "the source to be out of reach") { $0.source.state == .reconnecting }
        #expect(lost.state("web") == .up)
        #expect(!lost.ready)
        #expect(try scene.installation.run("status").exitCode == 1)
        #expect(try scene.installation.kernelState() == before)
        #expect(try scene.isReached())
        try agent.wait(for: "the age to grow") { $0.source.ageSeconds > lost.source.ageSeconds }

        // Back without the endpoint: now it is known to be gone.
        #expect(unlink("\(aside)/web.yaml") == 0)
        #expect(rename(aside, scene.installation.resources) == 0)
        let returned = try agent.waitUntilReady()
        #expect(returned.endpoints.isEmpty)
        #expect(try scene.routes() == "")
        #expect(try !scene.isReached())
    }
}

/// Echo requests a millisecond apart, until they are ended.
private struct Flow {
    private let command: RunningCommand
    private let file: String

    init(from namespace: NetworkNamespace, to address: String, in folder: String) throws {
        file = "\(folder)/flow"
        try writeFile(file, "")
        command = try namespace.command(["sh", "-c", "exec ping -n -i 0.001 \(address) >\(file)"]).start()
        try eventually("the flow to run") { [file] in try readFile(file).contains("icmp_seq=20 ") }
    }

    func end() throws -> (sent: Int, answered: [Int]) {
        command.signal(SIGINT)
        _ = try command.wait()
        let lines = try readFile(file).split(separator: "\n")
        let answered = lines.compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("icmp_seq=") }.flatMap { Int($0.dropFirst(9)) }
        }
        let summary = try #require(lines.first { $0.contains("packets transmitted") })
        return (try #require(Int(summary.split(separator: " ")[0])), answered)
    }
}
