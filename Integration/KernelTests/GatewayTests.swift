import Dataplane
import NetworkValues
import Testing

/// The gateway that workloads are told to use, and nothing claimed beyond it.
struct GatewayTests {
    private let gateway = address("169.254.1.1")
    private let own = address("10.65.0.1")

    private func program(_ topology: Topology) throws -> ProgrammedHost {
        let host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open, ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]))
        return host
    }

    /// The addresses for which somebody answers, when asked in this order: the last must be among them.
    private func answered(
        _ targets: [IPAddress], asking socket: borrowing PacketSocket, from sender: IPAddress, _ mac: MACAddress
    ) throws -> [IPAddress] {
        for target in targets {
            let request = ARPPacket(
                operation: ARPPacket.request, senderMAC: mac, senderAddress: sender, targetAddress: target)
            try socket.send(Frame(from: mac, to: Frame.broadcast, type: EtherType.arp, payload: request.octets))
        }
        var answered: [IPAddress] = []
        let last = try socket.receive { frame in
            guard let packet = ARPPacket(frame), packet.operation == ARPPacket.reply, frame.destination == mac else {
                return false
            }
            answered.append(packet.senderAddress)
            return packet.senderAddress == targets.last
        }
        #expect(last != nil, "\(targets[targets.count - 1]) is answered")
        return answered
    }

    @Test(arguments: [true, false])
    func aWorkloadFindsItsGateway(hasDefaultRoute: Bool) throws {
        let topology = try Topology(hasDefaultRoute: hasDefaultRoute)
        let one = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1"])
        let two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        let host = try program(topology)
        let socket = try two.packetSocket()
        #expect(try answered([gateway], asking: socket, from: address("10.65.0.2"), two.mac) == [gateway])
        // And a whole kernel, which asks for it by itself.
        #expect(try one.namespace.pings(topology.outsideAddress))
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test func theUplinkDoesNotAnswerForTheGateway() throws {
        let topology = try Topology()
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let neighbour = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        defer { withExtendedLifetime(neighbour) {} }
        let host = try program(topology)
        let hostAddress = address(topology.hostAddress)
        let socket = try topology.outsideSocket()
        let answers = try answered(
            [gateway, own, hostAddress], asking: socket, from: address(topology.outsideAddress),
            try topology.uplinkMACs().outside)
        #expect(answers == [hostAddress])
        // On the endpoint's own link it does.
        let inner = try one.packetSocket()
        #expect(try answered([gateway], asking: inner, from: own, one.mac) == [gateway])
        withExtendedLifetime(host) {}
    }

    @Test func theHostNeverClaimsAWorkloadsOwnAddress() throws {
        let topology = try Topology()
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let neighbour = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        defer { withExtendedLifetime(neighbour) {} }
        let host = try program(topology)
        let socket = try one.packetSocket()
        // It proxies for the addresses that lie elsewhere.
        let targets = [own, address("10.65.0.2"), address("203.0.113.1"), gateway]
        #expect(try answered(targets, asking: socket, from: own, one.mac) == Array(targets.dropFirst()))
        // Without its route the address seems to lie elsewhere too.
        try topology.host.ip("route del 10.65.0.1 dev cali1 proto 77")
        #expect(try answered(targets, asking: socket, from: own, one.mac) == Array(targets.dropFirst()))
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func theGatewayRouteStandsAsLongAsThereAreEndpoints() throws {
        let topology = try Topology()
        let host = try ProgrammedHost(topology.host)
        func route() throws -> String {
            try topology.host.command(["ip", "route", "show", "table", "main", "to", "169.254.1.1"]).succeed()
        }
        try host.update()
        #expect(try route() == "")
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        #expect(
            try route().split(separator: " ").joined(separator: " ").hasPrefix(
                "local 169.254.1.1 dev lo proto 77 scope host"))
        host.removeEndpoint("one")
        try host.update()
        #expect(try route() == "")
    }

    // MARK: A gateway of the endpoint's own

    private let explicit = address("10.65.0.254")

    private func programExplicit(_ host: ProgrammedHost) throws {
        try host.program(
            ResourceText.open,
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], more: "ipv4Gateway: 10.65.0.254"))
    }

    @Test(arguments: [true, false])
    func anExplicitGatewayIsAnsweredToo(hasDefaultRoute: Bool) throws {
        let topology = try Topology(hasDefaultRoute: hasDefaultRoute)
        let one = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1"], gateway: "10.65.0.254")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        #expect(try one.namespace.pings(topology.outsideAddress))
        // Only where no route of the host's own leads to it does it become the host's.
        let routes = try topology.host.ip("route show table main type local")
        #expect(routes.contains("10.65.0.254 dev lo proto 77") == !hasDefaultRoute)
        #expect(routes.contains("169.254.1.1 dev lo proto 77"))
    }

    @Test func theUplinkDoesNotAnswerForAnExplicitGateway() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        let outer = try topology.outsideSocket()
        let hostAddress = address(topology.hostAddress)
        #expect(
            try answered(
                [explicit, gateway, hostAddress], asking: outer, from: address(topology.outsideAddress),
                try topology.uplinkMACs().outside) == [hostAddress])
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
    }

    @Test func aRealRouterInTheHostsNetworkKeepsItsAddress() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try topology.host.ip("address add 10.65.0.200/24 dev eth0 noprefixroute", "route add 10.65.0.0/24 dev eth0")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        #expect(try !topology.host.ip("route show table main type local").contains("10.65.0.254"))
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
        // Once the host has no route to it, it is the host's to answer for; and no longer when it has one again.
        try topology.host.ip("route del 10.65.0.0/24 dev eth0")
        try host.update()
        #expect(try topology.host.ip("route show table main type local").contains("10.65.0.254"))
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
        try topology.host.ip("route add 10.65.0.0/24 dev eth0")
        try host.update()
        #expect(try !topology.host.ip("route show table main type local").contains("10.65.0.254"))
    }

    /// A route by which the kernel does not answer, and one that it does not look at.
    @Test(arguments: [
        "blackhole 10.65.0.0/24", "unreachable 10.65.0.254", "10.65.0.0/24 dev eth0 table 1000",
        "10.65.0.0/24 dev eth0 proto 77",
    ])
    func aRouteThatLeadsNowhereAnswersForNoGateway(route: String) throws {
        let topology = try Topology(hasDefaultRoute: false)
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try topology.host.ip("route add \(route)")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        #expect(try topology.host.ip("route show table main type local").contains("10.65.0.254"))
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
        // Nor does our own route to it count as one of the host's.
        try host.update()
        #expect(try topology.host.ip("route show table main type local").contains("10.65.0.254"))
    }

    @Test func aGatewayThatIsTheHostsOwnAddressIsLeftToIt() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try topology.host.ip("address add 10.65.0.254/32 dev eth0")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        #expect(try !topology.host.ip("route show table main").contains("10.65.0.254"))
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
    }

    /// A workload may be the router of others.
    @Test func aGatewayThatIsAnotherEndpointStaysThatEndpoint() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let router = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        try host.program(ResourceText.endpoint("router", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.254"]))
        #expect(try !topology.host.ip("route show table main type local").contains("10.65.0.254"))
        #expect(try answered([explicit], asking: try one.packetSocket(), from: own, one.mac) == [explicit])
        let arriving = try router.packetSocket()
        try one.packetSocket().send(one.frame(.udp(from: own, 1, to: explicit, 2)))
        #expect(try arriving.receive { IPPacket($0)?.destination == explicit } != nil)
    }

    @Test func anExplicitGatewayGoesWithTheLastEndpointThatNamesIt() throws {
        let topology = try Topology(hasDefaultRoute: false)
        let host = try ProgrammedHost(topology.host)
        try programExplicit(host)
        #expect(try topology.host.ip("route show table main type local").contains("10.65.0.254"))
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        #expect(try !topology.host.ip("route show table main type local").contains("10.65.0.254"))
        #expect(try !host.ruleset().contains("10.65.0.254"))
    }
}
