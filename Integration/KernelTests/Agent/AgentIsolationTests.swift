import Status
import Testing

/// What the kernel refuses one endpoint, or does not hold although it took it, is that endpoint's matter alone.
struct AgentIsolationTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
    }

    private func expectTheOtherUnharmed() throws {
        let traffic = try Traffic(
            [
                "two": scene.two.stream(from: TrafficScene.addresses(2)[0], to: scene.outsideAddress),
                "two 6": scene.two.stream(from: TrafficScene.addresses(2)[1], to: scene.topology.outsideAddress6),
                "two spoofs": scene.two.stream(from: TrafficScene.addresses(1)[0], to: scene.outsideAddress),
                "in": scene.topology.stream(to: TrafficScene.addresses(2)[0]),
                "in 6": scene.topology.stream(to: TrafficScene.addresses(2)[1]),
            ], seenBy: [scene.outside, scene.two.namespace])
        for name in ["two", "two 6"] { try traffic.waitForMore(name, at: scene.outside) }
        for name in ["in", "in 6"] { try traffic.waitForMore(name, at: scene.two.namespace) }
        #expect(try traffic.leaked(["two spoofs"], at: scene.outside) == [:])
        #expect(try scene.routes().count { $0.contains("cali2") } == 2)
        #expect(try scene.parameters("cali2") == ["1", "0", "1"])
    }

    @Test func aRouteThatIsRefusedStopsNoOtherAndIsTriedAgain() throws {
        let switchOff = "/proc/sys/net/ipv6/conf/cali1/disable_ipv6"
        try scene.host.command(["sh", "-c", "echo 1 >\(switchOff)"]).succeed()
        let agent = try scene.installation.startAgent()
        let report = try agent.wait(for: "the refusal") { $0.state("one") == .error && $0.state("two") == .up }
        #expect(!report.ready && report.dataplane.state == .degraded)
        #expect(report.endpoint("one")?.networks.map(\.state) == [.programmed, .error])
        #expect(report.endpoint("one")?.reason.contains("2001:db8:65::1") == true, "\(report.endpoints)")
        #expect(try scene.routes().contains("10.65.0.1 dev cali1 scope link"))
        #expect(try scene.parameters("cali1") == ["1", "0", "1"])
        try expectTheOtherUnharmed()
        try scene.host.command(["sh", "-c", "echo 0 >\(switchOff)"]).succeed()
        try agent.wait(for: "the next attempt") { $0.ready && $0.state("one") == .up }
        #expect(try scene.routes().count { $0.contains("cali1") } == 2)
    }

    @Test func aParameterThatIsRefusedStopsNoOther() throws {
        let agent = try scene.installation.startAgent(
            preparation: "mount --bind /dev/full /proc/sys/net/ipv4/conf/cali1/forwarding")
        let report = try agent.wait(for: "the refusal") { $0.state("one") == .error && $0.state("two") == .up }
        #expect(report.dataplane.state == .degraded)
        #expect(report.endpoint("one")?.reason.contains("cali1/forwarding") == true, "\(report.endpoints)")
        // Parameters are written in the order of their names.
        #expect(try scene.parameters("cali1") == ["1", "0", "1"])
        try expectTheOtherUnharmed()
    }

    /// A file that takes all that is written and holds none of it, as whatever undoes our changes would.
    @Test func whatTheKernelTookAndDoesNotHoldIsNotUp() throws {
        let agent = try scene.installation.startAgent(
            preparation: "mount --bind /dev/null /proc/sys/net/ipv4/conf/cali1/proxy_arp")
        let report = try agent.wait(for: "the other endpoint") {
            $0.dataplane.failures > 0 && $0.state("two") == .up
        }
        #expect(!report.ready && report.dataplane.state == .degraded)
        #expect(report.state("one") == .pending)
        #expect(report.endpoint("one")?.reason.contains("cali1/proxy_arp") == true, "\(report.endpoints)")
        #expect(agent.log.contains("the kernel does not hold what it acknowledged"), "\(agent.log)")
        try expectTheOtherUnharmed()
    }
}
