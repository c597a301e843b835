import Status
import Testing

/// Running flows across the agent's own life: its end, its start, its reload, and a kernel that cannot be asked.
struct AgentFlowTests {
    private let topology: Topology
    private let one: Workload
    private let installation: Installation

    init() throws {
        topology = try Topology()
        try topology.outside.answerNothing()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        installation = try Installation(in: topology.host, settings: "resyncInterval: 1s")
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", "10.65.0.3"]))
    }

    private func flows() throws -> [String] { try topology.host.flows() }

    /// A flow from outside to each of the endpoint's addresses, answered.
    private func openFlows() throws {
        let macs = try topology.uplinkMACs()
        let socket = try one.packetSocket()
        let outside = try topology.outsideSocket()
        for (index, own) in ["10.65.0.2", "10.65.0.3"].enumerated() {
            let packet = IPPacket.udp(
                from: address(topology.outsideAddress), 4000, to: address(own), UInt16(7 + index))
            try outside.send(packet.frame(from: macs.outside, to: macs.host))
            #expect(try socket.receive { IPPacket($0)?.ports?.destination == UInt16(7 + index) } != nil)
            try socket.send(one.frame(packet.answer))
        }
        let both = ["udp 192.0.2.2 > 10.65.0.2:7", "udp 192.0.2.2 > 10.65.0.3:8"]
        #expect(try eventually(both, flows) == both)
    }

    private let kept = ["udp 192.0.2.2 > 10.65.0.3:8"]

    private func ended(_ reason: String) throws -> Double? {
        try topology.host.get("/metrics").sample("margay_flows_ended_total{reason=\"\(reason)\"}")
    }

    @Test func aChangeWhileNoAgentRunsEndsTheFlowsWhenOneComes() throws {
        var agent = try installation.startAgent()
        try agent.waitUntilReady()
        try openFlows()
        try agent.kill()
        agent = try installation.startAgent()
        try agent.waitUntilReady()
        #expect(try flows().count == 2, "nothing has changed")
        try agent.kill()
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        #expect(try flows().count == 2)
        agent = try installation.startAgent()
        try agent.waitUntilReady()
        #expect(try flows() == kept)
        #expect(agent.log.contains("Ended running flows that may not go on"), "\(agent.log)")
        #expect(try ended("address") == 1)
        #expect(try ended("policy") == 0)
    }

    @Test func flowsThatTheKernelCannotBeAskedAboutStayOwed() throws {
        let kernel = try SilentKernel(without: .conntrackNetlink)
        let agent = try installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try openFlows()
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        let report = try agent.wait(for: "the failure") { $0.dataplane.state == .degraded }
        let notice = report.dataplane.notices.first ?? ""
        #expect(notice.contains("load the module nf_conntrack_netlink"), "\(notice)")
        #expect(!report.ready)
        #expect(try flows().count == 2)
        // All else is done.
        #expect(try !topology.host.ip("route show proto 77").contains("10.65.0.2 "))
        #expect(report.endpoint("web")?.networks.map(\.cidr) == ["10.65.0.3/32"])
        // It is tried again, and what changes meanwhile is not forgotten over it.
        try kernel.load()
        let later = try agent.wait(for: "the end of the flow") { $0.ready && $0.dataplane.state == .applied }
        #expect(later.dataplane.notices == [])
        #expect(try flows() == kept)
        #expect(try ended("address") == 1)
    }

    /// The elements are gone when the kernel is read anew, so nothing in it tells any more of the flows.
    @Test func flowsEndAlsoWhenNobodyKnowsWhatBecameOfTheTransaction() throws {
        let kernel = try ForgetfulKernel()
        // It says on which attempts a transaction seemed to fail.
        let agent = try installation.startAgent(["--log-level", "debug"], environment: kernel.environment)
        try agent.waitUntilReady()
        try openFlows()
        try kernel.forget()
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        try agent.wait(for: "the change") { $0.ready && $0.endpoint("web")?.networks.count == 1 }
        #expect(agent.log.contains("The transaction failed; trying once more"), "\(agent.log)")
        #expect(try flows() == kept)
        #expect(try ended("address") == 1)
    }

    /// An address that is the endpoint's again is none whose flows are owed.
    @Test func whatIsWantedAgainIsOwedNoMore() throws {
        let kernel = try SilentKernel(without: .conntrackNetlink)
        let agent = try installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try openFlows()
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        try agent.wait(for: "the failure") { $0.dataplane.state == .degraded }
        try installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", "10.65.0.3"]))
        try agent.wait(for: "the address") { $0.ready && $0.endpoint("web")?.networks.count == 2 }
        try kernel.load()
        #expect(try flows().count == 2)
    }

    @Test func aReloadDecidesWhetherPolicyEndsFlows() throws {
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        try openFlows()
        let onlyEight = profileText(ingress: "{action: Allow, protocol: UDP, destination: {ports: [8]}}")
        try installation.put("open.yaml", onlyEight)
        func waitForRule(_ text: String) throws {
            try eventually("the rule \(text)") {
                try topology.host.execute("nft", "list", "chain", "inet", "margay", "profile-open-ingress").output
                    .contains(text)
            }
        }
        try waitForRule("udp dport 8")
        try agent.waitUntilReady()
        #expect(try flows().count == 2)
        try installation.configure("resyncInterval: 1s\nconntrackOnPolicyChange: true")
        try agent.reload()
        #expect(try flows().count == 2, "the option alone changes no policy")
        try installation.put(
            "open.yaml",
            profileText(ingress: "{action: Allow, protocol: UDP, source: {ports: [4000]}, destination: {ports: [8]}}"))
        try waitForRule("udp sport 4000")
        try eventually("the flow's end") { try flows() == kept }
        #expect(try ended("policy") == 1)
    }
}
