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
}
