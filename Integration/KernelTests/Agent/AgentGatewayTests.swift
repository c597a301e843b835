import Status
import Testing

/// What the agent makes of the host's own routes and switches, as they change.
struct AgentGatewayTests {
    /// With the resync of a minute only the kernel's own events can be what tells.
    @Test func aRouteOfTheHostsOwnDecidesAtOnceWhoAnswersForAGateway() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let installation = try Installation(in: topology.host)
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText(more: ["ipv4Gateway: 10.65.0.254"]))
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        func isOwned() throws -> Bool {
            try topology.host.ip("route show table main type local").contains("10.65.0.254")
        }
        #expect(try isOwned())
        try topology.host.ip("route add default via \(topology.outsideAddress)")
        try eventually("the gateway's route to go") { try !isOwned() }
        try topology.host.ip("route delete default")
        try eventually("the gateway's route to come back") { try isOwned() }
        // An endpoint that comes later asks for its own.
        try installation.put(
            "db.yaml",
            endpointText("db", interface: "cali2", addresses: ["10.66.0.2"], more: ["ipv4Gateway: 10.66.0.1"]))
        try eventually("the other gateway's route") {
            try topology.host.ip("route show table main type local").contains("10.66.0.1")
        }
        let check = try installation.run("check").output
        #expect(!["missing:", "altered:", "unwanted:"].contains(where: check.contains), "\(check)")
    }

    @Test func theStatusSaysThatNothingIsForwarded() throws {
        let scene = try QuietScene(settings: "manageForwarding: false")
        try scene.host.command(["sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward"]).succeed()
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.dataplane.notices.count == 1)
        #expect(report.dataplane.notices.first?.hasPrefix("IPv4 forwarding is off") == true)
        let table = try scene.installation.run("status")
        #expect(table.output.contains("IPv4 forwarding is off: endpoints reach the host"))
        #expect(table.exitCode == 0)
    }
}
