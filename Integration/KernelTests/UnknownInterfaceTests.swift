import Dataplane
import NetworkValues
import Testing

/// Workload interfaces that no endpoint claims, and interfaces that are none of ours.
struct UnknownInterfaceTests {
    private let topology: Topology
    private let stranger: Workload
    private let foreign: Workload
    private let outside: IPAddress

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        stranger = try topology.addSilentWorkload(interfaceName: "cali9", mac: "02:00:00:00:00:09")
        foreign = try topology.addSilentWorkload(interfaceName: "tap8", mac: "02:00:00:00:00:08")
        try topology.host.ip(
            "route add 10.65.0.9 dev cali9", "neigh add 10.65.0.9 lladdr 02:00:00:00:00:09 dev cali9 nud permanent",
            "route add 10.65.0.8 dev tap8", "neigh add 10.65.0.8 lladdr 02:00:00:00:00:08 dev tap8 nud permanent")
    }

    /// With one endpoint on an absent interface, so that the host forwards.
    private func program(_ options: DataplaneOptions = DataplaneOptions(node: "host")) throws -> ProgrammedHost {
        let host = try ProgrammedHost(topology.host, options: options)
        try host.program(
            ResourceText.open, ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        return host
    }

    /// Whether a datagram from the workload gets outside; the other workload's, sent after it, does.
    private func leaves(_ source: String, _ workload: Workload, after: (String, Workload)) throws -> Bool {
        let listening = try topology.outsideSocket()
        try workload.packetSocket().send(workload.frame(.udp(from: address(source), 1, to: outside, 1)))
        try after.1.packetSocket().send(after.1.frame(.udp(from: address(after.0), 1, to: outside, 2)))
        return try listening.packets { $0.source == address(after.0) && $0.ports?.destination == 2 }
            .contains { $0.source == address(source) && $0.ports?.destination == 1 }
    }

    private func sendFromOutside(_ destination: String) throws {
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            IPPacket.udp(from: outside, 1, to: address(destination), 3).frame(from: macs.outside, to: macs.host))
    }

    /// Whether a datagram reached the workload.
    private func came(_ destination: String, to socket: borrowing PacketSocket, within limit: Duration) throws -> Bool {
        try socket.receive(within: limit) { IPPacket($0)?.destination == address(destination) } != nil
    }

    @Test func anUnclaimedWorkloadInterfaceIsClosedInBothDirections() throws {
        let host = try program()
        #expect(try !leaves("10.65.0.9", stranger, after: ("10.65.0.8", foreign)))
        #expect(try host.counts(in: "source-filter", expecting: [1]) == [1])
        let target = address(topology.outsideAddress6)
        try stranger.packetSocket().send(stranger.frame(.udp(from: address("2001:db8::9"), 1, to: target, 1)))
        #expect(try host.counts(in: "source-filter", expecting: [2]) == [2])

        let socket = try stranger.packetSocket()
        try sendFromOutside("10.65.0.9")
        #expect(try host.counts(in: "forward-to", expecting: [1]) == [1])
        #expect(try !came("10.65.0.9", to: socket, within: .milliseconds(20)))

        let request = ARPPacket(
            operation: ARPPacket.request, senderMAC: stranger.mac, senderAddress: address("10.65.0.9"),
            targetAddress: address(topology.hostAddress))
        try socket.send(Frame(from: stranger.mac, to: Frame.broadcast, type: EtherType.arp, payload: request.octets))
        #expect(try host.counts(in: "input", table: "arp margay", expecting: [1]) == [1])
        #expect(try socket.receive(within: .milliseconds(20)) { ARPPacket($0)?.operation == ARPPacket.reply } == nil)
    }

    @Test func anUnclaimedWorkloadInterfaceOpensWithItsEndpoint() throws {
        let host = try program()
        try host.program(ResourceText.endpoint("nine", "cali9", mac: "02:00:00:00:00:09", ["10.65.0.9"]))
        #expect(try leaves("10.65.0.9", stranger, after: ("10.65.0.8", foreign)))
        let socket = try stranger.packetSocket()
        try sendFromOutside("10.65.0.9")
        #expect(try came("10.65.0.9", to: socket, within: .seconds(2)))
        host.removeEndpoint("nine")
        try host.update()
        #expect(try !leaves("10.65.0.9", stranger, after: ("10.65.0.8", foreign)))
    }

    @Test func unknownInterfacesMayBeLeftAlone() throws {
        let host = try program(DataplaneOptions(node: "host", dropsUnknownInterfaces: false))
        #expect(try leaves("10.65.0.9", stranger, after: ("10.65.0.8", foreign)))
        let socket = try stranger.packetSocket()
        try sendFromOutside("10.65.0.9")
        #expect(try came("10.65.0.9", to: socket, within: .seconds(2)))
        withExtendedLifetime(host) {}
    }

    @Test func everyPrefixIsClosedAndNoOther() throws {
        let host = try program(DataplaneOptions(node: "host", interfacePrefixes: ["veth", "tap"]))
        #expect(try !leaves("10.65.0.8", foreign, after: ("10.65.0.9", stranger)))
        #expect(try host.counts(in: "source-filter", expecting: [0, 1]) == [0, 1])
    }

    @Test func anInterfaceThatIsNoneOfOursIsUntouched() throws {
        let host = try program()
        let socket = try foreign.packetSocket()
        // Any source at all, from any MAC.
        try socket.send(
            IPPacket.udp(from: address("10.65.0.1"), 1, to: outside, 1)
                .frame(from: stranger.mac, to: foreign.hostMAC))
        #expect(try leaves("10.77.0.1", foreign, after: ("10.65.0.8", foreign)))
        try sendFromOutside("10.65.0.8")
        #expect(try came("10.65.0.8", to: socket, within: .seconds(2)))
        try socket.send(
            foreign.frame(.echoRequest(from: address("10.65.0.8"), to: address(topology.hostAddress), identifier: 4)))
        #expect(try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 4) } ?? false } != nil)
        withExtendedLifetime(host) {}
    }

    @Test func anEndpointsInterfaceNeedsNoPrefix() throws {
        let host = try program()
        try host.program(ResourceText.endpoint("eight", "tap8", mac: "02:00:00:00:00:08", ["10.65.0.8"]))
        #expect(try !leaves("10.77.0.1", foreign, after: ("10.65.0.8", foreign)))
        #expect(try host.drops(of: "tap8", expecting: ["ip": 1]) == ["ip": 1])
    }
}
