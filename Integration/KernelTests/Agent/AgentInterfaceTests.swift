import Glibc
import Status
import Testing

/// Interfaces that come, go and change under a running agent.
struct AgentInterfaceTests {
    @Test func anEndpointWaitsForItsInterface() throws {
        let scene = try QuietScene(interfaces: [])
        let agent = try scene.installation.startAgent()
        let waiting = try #require(try agent.waitUntilReady().endpoint("web"))
        #expect(waiting.state == .pending)
        #expect(waiting.reason == "interface cali1 does not exist")
        #expect(waiting.networks.map(\.state) == [.pending])
        #expect(waiting.programmedAt == nil)
        #expect(try scene.installation.run("status").exitCode == 1)
        // Closed before it is there.
        #expect(try scene.host.execute("nft", "list", "map", "inet", "margay", "from").output.contains("\"cali1\""))

        try scene.host.addPair("cali1")
        let present = try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up }
        #expect(present.endpoint("web")?.programmedAt != nil)
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))
        #expect(try scene.installation.run("status").exitCode == 0)
    }

    @Test func aLinkThatGoesDownTakesItsRoutesAndBringsThemBack() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.ip("link set cali1 down")
        let down = try agent.wait(for: "the endpoint to be down") { $0.state("web") == .down }
        #expect(down.endpoint("web")?.reason == "interface cali1 is down")
        #expect(try scene.installation.run("status").exitCode == 1)
        #expect(try !scene.isReached())

        try scene.host.ip("link set cali1 up")
        let report = try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))
        #expect(try scene.host.execute("ip", "neighbour", "show", "nud", "permanent").output.contains("10.65.0.2"))
        #expect(try scene.isReached())
        // Nobody else had changed anything.
        #expect(report.dataplane.repairs == 0, "\(report.dataplane)")
        #expect(report.dataplane.failures == 0)
    }

    @Test func anInterfaceMadeAnewIsProgrammedAnew() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let former = try scene.host.command(["cat", "/sys/class/net/cali1/ifindex"]).succeed()
        try scene.host.ip("link delete cali1")
        let gone = try agent.wait(for: "the endpoint to be pending") { $0.state("web") == .pending }
        #expect(gone.endpoint("web")?.reason == "interface cali1 does not exist")

        let anew = try scene.topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        #expect(try scene.host.command(["cat", "/sys/class/net/cali1/ifindex"]).succeed() != former)
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        #expect(try scene.isReached())
        #expect(try anew.namespace.pings(scene.topology.outsideAddress))
    }

    /// While the agent stands still, so that all of it is told at once.
    @Test func anInterfaceMadeAnewUnseenIsProgrammedAnew() throws {
        let scene = try QuietScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        kill(agent.pid, SIGSTOP)
        try scene.host.ip("link delete cali1")
        try scene.host.addPair("cali1")
        kill(agent.pid, SIGCONT)
        try eventually("the route to be back") { try scene.routes().contains("10.65.0.2 dev cali1") }
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        let check = try scene.installation.run("check")
        #expect(check.exitCode == 0, "\(check)")
    }

    /// With an interface's last address go its IPv4 routes, and nobody is told of them; without a MAC there is no
    /// neighbour either whose going is told.
    @Test func routesThatGoWithTheLastAddressComeBack() throws {
        let scene = try QuietScene()
        try scene.installation.put("web.yaml", endpointText(mac: nil))
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.ip("address add 10.66.0.1/32 dev cali1", "address delete 10.66.0.1/32 dev cali1")
        let report = try agent.wait(for: "the repair") { $0.dataplane.repairs > 0 && $0.ready }
        #expect(report.dataplane.lastRepairs.first?.object == "route 10.65.0.2/32 dev cali1")
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))
    }

    @Test func aFlappingInterfaceEndsUp() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let flaps = Array(repeating: "ip link set cali1 down; ip link set cali1 up", count: 50)
        try scene.host.command(["sh", "-ec", flaps.joined(separator: "\n")]).succeed()
        try eventually("the endpoint to be up with its route") {
            let report = try agent.status()
            return try report.ready && report.state("web") == .up && scene.routes().contains("10.65.0.2 dev cali1")
        }
        #expect(try scene.isReached())
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    @Test func aRenamedInterfaceIsNoLongerTheEndpoints() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        // Kernels before 6.2 rename only what is down.
        if try scene.host.execute("ip", "link", "set", "cali1", "name", "other0").exitCode != 0 {
            try scene.host.ip("link set cali1 down", "link set cali1 name other0", "link set other0 up")
        }
        try agent.wait(for: "the endpoint to be pending") { $0.state("web") == .pending && $0.ready }
        #expect(try !scene.routes().contains("10.65.0.2"))
        #expect(try !scene.isReached())

        try scene.host.ip("link set other0 down", "link set other0 name cali1", "link set cali1 up")
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        #expect(try scene.isReached())
    }

    @Test func anInterfaceWithoutCarrierIsDown() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.workload.namespace.ip("link set eth0 down")
        let report = try agent.wait(for: "the endpoint to be down") { $0.state("web") == .down }
        #expect(report.endpoint("web")?.reason == "interface cali1 has no carrier")
        #expect(report.dataplane.state == .applied)

        // The workload's own routes went with its link.
        try scene.workload.namespace.ip(
            "link set eth0 up", "route add 169.254.1.1 dev eth0 scope link", "route add default via 169.254.1.1")
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up && $0.ready }
        #expect(try scene.isReached())
    }
}
