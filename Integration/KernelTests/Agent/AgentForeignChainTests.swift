import Status
import Testing

/// What our chains accept has to pass the base chains of other programs as well: those that drop it are named.
struct AgentForeignChainTests {
    private let scene: Scene

    init() throws {
        scene = try Scene()
    }

    private func nft(_ text: String) throws { try scene.host.nft(text) }

    /// A chain comes that drops the endpoint's packets; status, check and metrics name it until it goes.
    ///
    /// The resync of a minute is too late for it: the kernel's own notification is what tells.
    private func expectNamed(
        _ table: String, _ chain: String, _ rules: String, _ expected: StatusReport.ForeignChain, ending: String
    ) throws {
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitUntilReady().dataplane.foreignChains == [])
        #expect(try scene.isReached())
        try nft("table \(table) { chain \(chain) { \(rules) }; }")
        #expect(try !scene.isReached())
        let report = try agent.wait(for: "the chain in the status") { $0.dataplane.foreignChains == [expected] }
        let place = expected.devices.isEmpty ? expected.hook : "\(expected.hook) of \(expected.devices.joined())"
        let name = "chain \(table) \(chain) (hook \(place), priority \(expected.priority), \(ending)) "
        let isCertain = expected.effect == .drops
        let text = name + (isCertain ? "drops all packets of endpoints" : "may drop packets of endpoints")
        #expect(report.dataplane.notices.count == 1 && report.dataplane.notices[0].hasPrefix(text), "\(report)")
        #expect(report.state("web") == .up && report.ready)
        // A chain that drops everything is a finding, one that may accept a note.
        let check = try scene.installation.run("check")
        #expect(
            check.exitCode == (isCertain ? 1 : 0) && check.output.contains((isCertain ? "" : "note: ") + text),
            "\(check)")
        #expect(agent.log.ranges(of: "stands in the way of endpoints' packets chain=").count == 1, "\(agent.log)")

        try nft("delete table \(table)")
        try agent.wait(for: "the chain to be forgotten") {
            $0.dataplane.foreignChains == [] && $0.dataplane.notices == []
        }
        #expect(try scene.isReached())
        #expect(try scene.installation.run("check").output.contains(name) == false)
        #expect(agent.log.contains("no longer stands in the way"))
    }

    @Test(arguments: ["inet", "ip"], [-300, 0, 400])
    func aPolicyOfDropIsNamed(family: String, priority: Int32) throws {
        try expectNamed(
            "\(family) filter", "FORWARD", "type filter hook forward priority \(priority); policy drop;",
            .init(
                table: "\(family) filter", chain: "FORWARD", hook: "forward", priority: priority, policy: "drop",
                effect: .drops), ending: "policy drop")
    }

    /// As Docker and most firewalls have it: rules accept some, and the policy drops the rest.
    @Test func aPolicyOfDropBehindRulesThatAcceptMayDrop() throws {
        try expectNamed(
            "ip filter", "FORWARD",
            "type filter hook forward priority 0; policy drop; iifname \"docker0\" accept; counter;",
            .init(
                table: "ip filter", chain: "FORWARD", hook: "forward", priority: 0, policy: "drop", effect: .mayDrop),
            ending: "policy drop")
    }

    /// As firewalld has it: the policy accepts, and the last rule rejects.
    @Test func aLastRuleThatRejectsIsNamed() throws {
        try expectNamed(
            "inet firewalld", "filter_FORWARD",
            "type filter hook forward priority 10; policy accept; ct status dnat accept; iifname \"lo\" accept; "
                + "ct state invalid drop; reject with icmpx admin-prohibited;",
            .init(
                table: "inet firewalld", chain: "filter_FORWARD", hook: "forward", priority: 10, policy: "accept",
                effect: .mayDrop), ending: "a last rule that rejects")
    }

    @Test func aDropAtADeviceIsNamed() throws {
        try expectNamed(
            "netdev edge", "arrivals",
            "type filter hook ingress device \"eth0\" priority 0; policy accept; counter drop;",
            .init(
                table: "netdev edge", chain: "arrivals", hook: "ingress", priority: 0, policy: "accept",
                devices: ["eth0"],
                effect: .mayDrop), ending: "a last rule that drops")
    }

    @Test func theMetricCountsThem() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try nft("table inet a { chain c { type filter hook forward priority 9; policy drop; }; }")
        try nft("table ip b { chain c { type filter hook postrouting priority 9; policy drop; ip ttl 1 accept; }; }")
        try agent.wait(for: "both chains") { $0.dataplane.foreignChains.count == 2 }
        let metrics = try scene.host.execute(
            "curl", "-s", "--unix-socket", scene.installation.socket, "http://margay/metrics"
        ).output
        #expect(metrics.contains(#"margay_foreign_chains{effect="drops"} 1"#), "\(metrics)")
        #expect(metrics.contains(#"margay_foreign_chains{effect="mayDrop"} 1"#), "\(metrics)")
    }

    /// What drops nothing of an endpoint's, or is somebody's protection of the host itself, is no news.
    @Test func whatStandsInNobodysWayIsNotMentioned() throws {
        let agent = try scene.installation.startAgent()
        try nft(
            """
            table inet open { chain c { type filter hook forward priority 5; policy drop; accept; }; }
            table inet some { chain c { type filter hook forward priority 5; iifname "eth9" drop; }; }
            table inet dormant { flags dormant; chain c { type filter hook forward priority 5; policy drop; }; }
            table ip6 six { chain c { type filter hook forward priority 5; policy drop; }; }
            table bridge frames { chain c { type filter hook forward priority 5; policy drop; }; }
            table inet host { chain c { type filter hook input priority 5; policy drop; iifname "lo" accept; }; }
            """)
        let report = try agent.wait(for: "the host's protection") { $0.ready && !$0.dataplane.foreignChains.isEmpty }
        #expect(report.dataplane.foreignChains.map(\.table) == ["inet host"] && report.dataplane.notices == [])
        #expect(!agent.log.contains("stands in the way"), "\(agent.log)")
        #expect(try scene.isReached())
        let check = try scene.installation.run("check")
        #expect(check.exitCode == 0, "\(check)")
        #expect(
            check.output.contains("note: chain inet host c (hook input, priority 5, policy drop) may drop"), "\(check)")
        // With an endpoint of IPv6 that family's chain is in the way.
        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", "2001:db8:65::2"]))
        try agent.wait(for: "the chain of IPv6") { $0.dataplane.foreignChains.contains { $0.table == "ip6 six" } }
        #expect(agent.log.contains("chain ip6 six c"), "\(agent.log)")
    }

    @Test func theLegacyToolsTablesAreSaidToBeThere() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try scene.installation.run("check").output.contains("legacy") == false)
        try scene.host.command(["iptables-legacy", "-P", "FORWARD", "DROP"]).succeed()
        #expect(try !scene.isReached())
        let check = try scene.installation.run("check")
        #expect(check.output.contains("note: iptables-legacy has a filter table"), "\(check)")
        #expect(check.exitCode == 0)
    }

    @Test func whatIptablesMakesIsNamedAsWell() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        for command in ["-A FORWARD -i docker0 -j ACCEPT", "-A FORWARD -j REJECT"] {
            try scene.host.command(["iptables-nft"] + command.split(separator: " ").map(String.init)).succeed()
        }
        let report = try agent.wait(for: "the chain") { !$0.dataplane.foreignChains.isEmpty }
        #expect(report.dataplane.foreignChains.map(\.chain) == ["FORWARD"])
        #expect(report.dataplane.notices.first?.contains("a last rule that rejects") == true, "\(report.dataplane)")
        #expect(try !scene.isReached())
    }
}
