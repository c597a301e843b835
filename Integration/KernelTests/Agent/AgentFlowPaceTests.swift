import Status
import Testing

/// When the agent looks for the flows that it ends: not where there are none, and not again and again.
struct AgentFlowPaceTests {
    private let topology: Topology
    private let one: Workload
    private let installation: Installation
    private let slow: SilentKernel
    private static let all = ["10.65.0.2", "10.65.0.3", "10.65.0.4", "10.65.0.5"]

    init() throws {
        topology = try Topology()
        try topology.outside.answerNothing()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        installation = try Installation(in: topology.host)
        slow = try SilentKernel(without: .quickConntrack)
        try installation.put("open.yaml", profileText())
        try give(Self.all)
    }

    private func give(_ addresses: [String]) throws {
        try installation.put("web.yaml", endpointText(addresses: addresses))
    }

    private func flows() throws -> [String] { try topology.host.flows() }

    private func flow(to address: String) -> String { "udp 192.0.2.2 > \(address):7" }

    /// A flow from outside to each of the addresses, answered.
    private func openFlows(to addresses: [String] = all) throws {
        let macs = try topology.uplinkMACs()
        let socket = try one.packetSocket()
        let outside = try topology.outsideSocket()
        for own in addresses {
            let packet = IPPacket.udp(from: address(topology.outsideAddress), 4000, to: address(own), 7)
            try outside.send(packet.frame(from: macs.outside, to: macs.host))
            #expect(try socket.receive { IPPacket($0)?.destination == address(own) } != nil)
            try socket.send(one.frame(packet.answer))
        }
        #expect(try eventually(addresses.map(flow), flows) == addresses.map(flow))
    }

    /// Waits until the endpoint has as many addresses and nothing is left to do, as far as the status says.
    private func wait(for count: Int, _ agent: RunningAgent) throws {
        let report = try agent.wait(for: "\(count) addresses") { $0.endpoint("web")?.networks.count == count }
        #expect(report.ready && report.dataplane.state == .applied)
        #expect(report.dataplane.notices == [] && report.dataplane.failures == 0)
    }

    /// An agent for which a list of flows takes 0.3 s has ended those of the first address at once, and those of the second
    /// wait for up to 2.7 s.
    private func agentWithDebt() throws -> RunningAgent {
        let agent = try installation.startAgent(environment: slow.environment)
        try agent.waitUntilReady()
        try openFlows()
        try give(Array(Self.all[1...]))
        try wait(for: 3, agent)
        #expect(try flows() == Self.all[1...].map(flow), "what comes alone does not wait")
        try give(Array(Self.all[2...]))
        try wait(for: 2, agent)
        #expect(try flows() == Self.all[1...].map(flow), "so soon after it does")
        return agent
    }

    @Test func aBurstsFlowsEndSoonAndTogether() throws {
        let agent = try agentWithDebt()
        try give(Array(Self.all[3...]))
        try wait(for: 1, agent)
        try eventually("the flows' end", limit: .seconds(5)) { try flows() == [flow(to: "10.65.0.5")] }
        #expect(agent.log.ranges(of: "Ended running flows that may not go on").count == 2, "\(agent.log)")
        #expect(try topology.host.get("/metrics").sample("margay_flows_ended_total{reason=\"address\"}") == 3)
        try wait(for: 1, agent)
    }

    @Test(arguments: [true, false])
    func whatIsPutOffEndsWithTheAgentOrWithTheNext(isKilled: Bool) throws {
        let agent = try agentWithDebt()
        if isKilled {
            try agent.kill()
            #expect(try flows().count == 3)
            try installation.startAgent().waitUntilReady()
        } else {
            #expect(try agent.terminate().exitCode == 0)
        }
        #expect(try flows() == Self.all[2...].map(flow))
    }

    /// Other options of the dataplane are another difference to the kernel, which the address is not in any more.
    @Test func whatIsPutOffEndsAcrossAReload() throws {
        let agent = try agentWithDebt()
        try installation.configure("chainLayout: shared")
        try agent.reload()
        try wait(for: 2, agent)
        try eventually("the flow's end", limit: .seconds(5)) { try flows() == Self.all[2...].map(flow) }
    }

    /// What its former owner's peers took for established must not reach the next.
    @Test func anAddressThatMovesIsNotWaitedWith() throws {
        let two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        let agent = try agentWithDebt()
        try installation.put(
            "next.yaml",
            endpointText("next", interface: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.3"]))
        try agent.wait(for: "the next endpoint") { $0.endpoint("next")?.state == .up }
        #expect(try flows() == Self.all[2...].map(flow))
        withExtendedLifetime(two) {}
    }

    @Test func whereNothingRunsNothingIsListed() throws {
        let kernel = try SilentKernel(without: .conntrackList)
        let agent = try installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try give(Array(Self.all[1...]))
        try wait(for: 3, agent)
        try openFlows(to: Array(Self.all[1...]))
        try give(Array(Self.all[2...]))
        let report = try agent.wait(for: "the failure") { $0.dataplane.state == .degraded }
        #expect(report.dataplane.notices.first?.contains("nf_conntrack_netlink") == true)
        try kernel.load()
        try agent.waitUntilReady()
    }

    @Test func aKernelThatDoesNotCountFlowsIsAskedForAllOfThem() throws {
        let kernel = try SilentKernel(without: .conntrackCount)
        let agent = try installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try openFlows()
        try give(Array(Self.all[1...]))
        try wait(for: 3, agent)
        #expect(try flows() == Self.all[1...].map(flow))
        try kernel.load()
    }
}
