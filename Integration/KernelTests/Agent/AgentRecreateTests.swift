import Status
import Testing

/// Interfaces that are made anew, moved away and back, or change below, under a running agent and traffic.
struct AgentRecreateTests {
    private let scene: TrafficScene
    private let agent: RunningAgent

    init() throws {
        scene = try TrafficScene()
        agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
    }

    private func index(_ name: String) throws -> String {
        try scene.host.command(["cat", "/sys/class/net/\(name)/ifindex"]).succeed()
    }

    private func traffic() throws -> Traffic {
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        return traffic
    }

    /// Everything is back, and nothing got out meanwhile that may not.
    private func expectRecovery(_ traffic: Traffic, afterRepairs: Bool = false) throws {
        let report = try agent.wait(for: "the endpoint to be up") { $0.state("one") == .up && $0.ready }
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try scene.routes().filter { $0.contains("cali1") }.count == 2)
        #expect(try scene.neighbours().filter { $0.contains("cali1") }.count == 2)
        #expect(report.state("two") == .up)
        if !afterRepairs { #expect(report.dataplane.repairs == 0, "\(report.dataplane.lastRepairs)") }
        let check = try scene.installation.run("check")
        #expect(check.exitCode == 0, "\(check)")
    }

    @Test func anInterfaceMadeAnewTenTimesInOneGoEndsUp() throws {
        let traffic = try traffic()
        let former = try index("cali1")
        let host = try scene.host.command(["cat", "/sys/class/net/cali1/address"]).succeed().prefix(17)
        let once = """
            link delete cali1
            link add cali1 address \(host) type veth peer name eth0 address \(TrafficScene.macs[0]) netns \(scene.one.namespace.name)
            link set cali1 up

            """
        let batch = "\(scene.installation.folder)/batch"
        try writeFile(batch, String(repeating: once, count: 10))
        try scene.host.command(["ip", "-batch", batch]).succeed()
        try scene.one.namespace.ip("link set eth0 up")
        #expect(try index("cali1") != former)
        try expectRecovery(traffic, afterRepairs: true)
    }

    @Test func anInterfaceThatIsMovedAwayAndBackIsProgrammedAgain() throws {
        let traffic = try traffic()
        let elsewhere = try NetworkNamespace()
        try scene.host.ip("link set cali1 netns \(elsewhere.name)")
        let away = try agent.wait(for: "the endpoint to wait") { $0.state("one") == .pending && $0.ready }
        #expect(away.endpoint("one")?.reason == "interface cali1 does not exist")
        #expect(try scene.routes().allSatisfy { !$0.contains("cali1") })
        try elsewhere.ip("link set cali1 netns \(scene.host.name)")
        try agent.wait(for: "the interface to be seen") { $0.state("one") == .down }
        try scene.host.ip("link set cali1 up")
        try expectRecovery(traffic)
        // Away and back before anybody could look.
        try scene.host.command([
            "sh", "-ec",
            """
            ip link set cali1 netns \(elsewhere.name)
            ip -n \(elsewhere.name) link set cali1 netns \(scene.host.name)
            ip link set cali1 up
            """,
        ]).succeed()
        try expectRecovery(traffic, afterRepairs: true)
        #expect(
            try scene.host.command([
                "cat", "/proc/sys/net/ipv4/conf/cali1/proxy_arp", "/proc/sys/net/ipv6/conf/cali1/proxy_ndp",
            ])
            .succeed() == "1\n1\n")
    }

    /// The agent learns of the going and the coming at once, and sees the same name as before.
    @Test func anInterfaceMadeAnewWhileTheAgentSleepsIsProgrammedAnew() throws {
        let traffic = try traffic()
        let former = try index("cali1")
        let host = try scene.host.command(["cat", "/sys/class/net/cali1/address"]).succeed().prefix(17)
        try scene.host.command(["sh", "-c", "kill -STOP \(agent.pid)"]).succeed()
        try scene.host.ip(
            "link delete cali1",
            "link add cali1 address \(host) type veth peer name eth0 address \(TrafficScene.macs[0]) netns \(scene.one.namespace.name)",
            "link set cali1 up")
        try scene.one.namespace.ip("link set eth0 up")
        #expect(try index("cali1") != former)
        // Closed by its name alone.
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try parameters() != "1\n0\n1\n")
        try scene.host.command(["sh", "-c", "kill -CONT \(agent.pid)"]).succeed()
        try eventually("the parameters") { try parameters() == "1\n0\n1\n" }
        try expectRecovery(traffic)
    }

    private func parameters() throws -> String {
        let base = "/proc/sys/net"
        return try scene.host.command([
            "cat", "\(base)/ipv4/conf/cali1/proxy_arp", "\(base)/ipv4/neigh/cali1/proxy_delay",
            "\(base)/ipv6/conf/cali1/proxy_ndp",
        ]).succeed()
    }

    @Test func aLinkThatIsSetDownAndUpTakesNothingElseAlong() throws {
        let traffic = try traffic()
        try scene.host.ip("link set cali1 down")
        try agent.wait(for: "the endpoint to be down") { $0.state("one") == .down && $0.ready }
        try scene.host.ip("link set cali1 up")
        try expectRecovery(traffic)
        // Its carrier goes and comes back: routes and neighbours stay where they are.
        let (routes, neighbours) = (try scene.routes(), try scene.neighbours())
        try scene.one.namespace.ip("link set eth0 down")
        try agent.wait(for: "the endpoint to be down") { $0.state("one") == .down && $0.ready }
        #expect(try scene.neighbours() == neighbours)
        try scene.one.namespace.ip("link set eth0 up")
        try expectRecovery(traffic)
        #expect(try scene.routes() == routes)
    }

    @Test func theHostsOwnMACMayChange() throws {
        try scene.host.ip("link set cali1 address 02:00:00:00:ee:01")
        try eventually("the neighbours to be back") {
            try scene.neighbours().filter { $0.contains("cali1 lladdr \(TrafficScene.macs[0])") }.count == 2
        }
        try agent.wait(for: "the endpoint to be up") { $0.state("one") == .up && $0.ready }
        #expect(try scene.routes().filter { $0.contains("cali1") }.count == 2)
    }

    /// Whichever of them comes first, and whatever an unclaimed interface sends meanwhile.
    @Test(arguments: [true, false])
    func anInterfaceAndItsResourceComeInEitherOrder(interfaceFirst: Bool) throws {
        let name = "three"
        let text = TrafficScene.endpoint(
            1, name, interface: "cali3", mac: "02:00:00:00:00:03", addresses: TrafficScene.addresses(3))
        if !interfaceFirst {
            try scene.installation.put("three.yaml", text)
            try agent.wait(for: "the endpoint that waits") { $0.state(name) == .pending && $0.ready }
        }
        let three = try scene.topology.addSilentWorkload(interfaceName: "cali3", mac: "02:00:00:00:00:03")
        let traffic = try Traffic(scene.attack(from: three, own: 3, foreign: 1), seenBy: [scene.outside])
        if interfaceFirst {
            #expect(try traffic.leaked(TrafficScene.honest, at: scene.outside) == [:])
            try scene.installation.put("three.yaml", text)
        }
        try agent.wait(for: "the endpoint to be up") { $0.state(name) == .up && $0.ready }
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
    }
}
