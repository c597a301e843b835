import Status
import Testing

/// Interfaces under a running agent that are not, or not always, Ethernet.
struct AgentLinkTypeTests {
    @Test func anInterfaceThatChangesItsTypeIsNoticed() throws {
        let scene = try QuietScene(interfaces: [])
        let tap = try TunDevice("cali1", .tap, in: scene.host)
        try scene.host.ip("link set cali1 up")
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }

        try scene.host.ip("link set cali1 down")
        try tap.set(hardwareType: 804)
        try scene.host.ip("link set cali1 up")
        let closed = try agent.wait(for: "the endpoint to be closed") { $0.state("web") == .blocked && $0.ready }
        #expect(closed.endpoint("web")?.macFilter.state == .unenforceable)
        #expect(closed.endpoint("web")?.reason.hasPrefix("cali1 is link/ieee802.15.4 (8-octet addresses)") == true)
        // Nothing was tried that the kernel refuses.
        #expect(closed.dataplane.failures == 0 && closed.dataplane.state == .applied)
        #expect(try scene.host.ip("neighbour show dev cali1 nud permanent") == "")
        let check = try scene.installation.run("check")
        #expect(check.exitCode == 1)
        #expect(
            check.output.split(separator: "\n").contains {
                $0.hasPrefix("default/web") && $0.contains("  blocked  unenforceable  ")
            }, "\(check)")
        #expect(check.output.contains("the kernel is as wanted, 0 of 1 endpoint up"))

        try scene.host.ip("link set cali1 down")
        try tap.set(hardwareType: 1)
        try scene.host.ip("link set cali1 up")
        let open = try agent.wait(for: "the endpoint to be up again") { $0.state("web") == .up && $0.ready }
        #expect(open.endpoint("web")?.macFilter.state == .enforced)
        #expect(try scene.host.ip("neighbour show dev cali1 nud permanent").contains("lladdr 02:00:00:00:00:01"))
    }

    @Test func aTunnelIsReplacedByAVethPair() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.ip("link delete cali1")
        let tun = try TunDevice("cali1", .tun, in: scene.host)
        try scene.host.ip("link set cali1 up")
        try agent.wait(for: "the endpoint to be closed") { $0.state("web") == .blocked && $0.ready }
        try scene.host.ip("link delete cali1")
        let anew = try scene.topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        #expect(try scene.installation.run("check").exitCode == 0)
        withExtendedLifetime((tun, anew)) {}
    }
}
