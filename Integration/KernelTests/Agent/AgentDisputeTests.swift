import Status
import Testing

/// Somebody who undoes again and again what the agent repairs.
struct AgentDisputeTests {
    /// A program that does this to the host's ruleset again and again, until it ends itself or is ended.
    private func repeating(_ command: String, in scene: Scene) throws -> RunningCommand {
        try scene.host.command(["sh", "-c", "while :; do nft '\(command)' 2>/dev/null; sleep 0.01; done"]).start()
    }

    @Test func aDisputeIsBackedOffFromReportedAndNotLost() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let other = try repeating("flush chain inet margay from-cali1", in: scene)
        let report = try agent.wait(for: "the dispute's notice") { report in
            report.dataplane.notices.contains { $0.contains("keeps changing chain inet margay from-cali1") }
        }
        #expect(report.dataplane.notices.contains { $0.hasPrefix("nft (pid ") }, "\(report.dataplane.notices)")
        #expect(agent.log.contains("Somebody undoes what is repaired"), "\(agent.log)")
        // Nobody claims that all is well meanwhile.
        try agent.wait(for: "an honest status") { !$0.ready && $0.state("web") != .up }

        // What is not in dispute is put right at once.
        for _ in 0..<3 {
            try scene.host.nft("delete element inet margay to { \"cali1\" }")
            try eventually("the other object's repair", limit: .seconds(5)) {
                try scene.host.command(["nft", "list", "map", "inet", "margay", "to"]).succeed().contains("cali1")
            }
        }

        other.signal(15)
        _ = try other.wait()
        try agent.wait(for: "the end of the dispute", limit: .seconds(60)) { $0.ready && $0.state("web") == .up }
        #expect(try scene.isReached())
        // The delays double from a second on: it cannot have been at it all the time.
        let repairs = agent.log.ranges(of: "object=\"chain inet margay from-cali1\"").count
        #expect(repairs < 60, "\(repairs)")
    }

    /// Others' own business, be it ever so busy, keeps nobody from anything.
    @Test func transactionsInOthersTablesDisturbNothing() throws {
        let scene = try Scene()
        try scene.host.nft("add table inet other; add set inet other s { type ipv4_addr; }")
        let other = try repeating("add element inet other s { 10.0.0.1 }; flush set inet other s", in: scene)
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.nft("delete element inet margay to { \"cali1\" }")
        try agent.wait(for: "the repair") { $0.dataplane.repairs == 1 && $0.ready }
        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", "10.65.0.3"]))
        try agent.wait(for: "the change") { $0.ready && $0.endpoint("web")?.networks.count == 2 }
        other.signal(15)
        _ = try other.wait()
        #expect(try agent.status().dataplane.repairs == 1)
        #expect(try agent.status().dataplane.failures == 0)
    }

    /// Connections that began while our rules were gone are no better than others afterwards.
    @Test func whatGotThroughWhileTheRulesWereGoneEndsWithTheirReturn() throws {
        let topology = try Topology()
        try topology.outside.answerNothing()
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let installation = try Installation(in: topology.host)
        try installation.put("open.yaml", profileText(ingress: "{action: Deny, protocol: UDP}, {action: Allow}"))
        try installation.put("web.yaml", endpointText())
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        agent.pause()
        try topology.host.nft("flush ruleset")
        // Without a rule that looks at connections none is tracked.
        try topology.host.nft(
            "table inet other { chain c { type filter hook forward priority 9; ct state new accept; }; }")
        let macs = try topology.uplinkMACs()
        let inside = try workload.packetSocket()
        let outside = try topology.outsideSocket()
        let packet = IPPacket.udp(from: address(topology.outsideAddress), 4000, to: address("10.65.0.2"), 7)
        try outside.send(packet.frame(from: macs.outside, to: macs.host))
        #expect(try inside.receive { IPPacket($0)?.ports?.destination == 7 } != nil, "nothing is filtered now")
        try inside.send(workload.frame(packet.answer))
        let flow = ["udp 192.0.2.2 > 10.65.0.2:7"]
        #expect(try eventually(flow) { try topology.host.flows() } == flow)
        agent.resume()
        try eventually("the end of the flow") { try topology.host.flows().isEmpty }
        try outside.send(packet.frame(from: macs.outside, to: macs.host))
        #expect(try inside.receive(within: .milliseconds(300)) { IPPacket($0)?.ports?.destination == 7 } == nil)
    }
}
