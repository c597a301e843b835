import Dataplane
import NetworkValues
import Testing

/// What an endpoint claims by ARP must be its own. Every forged frame is followed by an honest request, whose answer
/// shows that the kernel is past both.
struct ARPFilterTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let two: Workload
    private let own = address("10.65.0.1")
    private let gateway = address("169.254.1.1")
    private static let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)
    private static let ownMAC = MACAddress(rawValue: 0x0200_0000_0001)

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open, ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]))
    }

    struct Claim: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var etherSource = ARPFilterTests.ownMAC
        var operation = ARPPacket.request
        var senderMAC = ARPFilterTests.ownMAC
        var sender = "10.65.0.1"
        var target = "169.254.1.1"

        init(_ description: String, _ change: (inout Self) -> Void) {
            testDescription = description
            change(&self)
        }

        var frame: Frame {
            Frame(
                from: etherSource, to: Frame.broadcast, type: EtherType.arp,
                payload: ARPPacket(
                    operation: operation, senderMAC: senderMAC, senderAddress: address(sender),
                    targetAddress: address(target)
                ).octets)
        }
    }

    /// The addresses for which the host answers, up to the gateway: sends the frames, then an honest request.
    private func answers(to claims: [Claim], from workload: Workload) throws -> [IPAddress] {
        let socket = try workload.packetSocket()
        for claim in claims { try socket.send(claim.frame) }
        try socket.send(Claim("honest request") { $0.target = "10.65.0.2" }.frame)
        var answers: [IPAddress] = []
        let last = try socket.receive { frame in
            guard let packet = ARPPacket(frame), packet.operation == ARPPacket.reply, frame.source == workload.hostMAC
            else { return false }
            answers.append(packet.senderAddress)
            return packet.senderAddress == address("10.65.0.2")
        }
        #expect(last != nil, "the honest request is answered")
        return answers
    }

    /// The offsets of what is compared hold for Ethernet and IPv4 alone. Frames with lengths of other addresses the
    /// kernel drops before any hook.
    @Test(arguments: [(1, UInt8(6)), (3, 6)])
    func anARPFrameOfAnotherKindIsRefused(octet: Int, value: UInt8) throws {
        let socket = try one.packetSocket()
        for change in [{ _ in }, { $0.sender = "0.0.0.0" }] as [(inout Claim) -> Void] {
            var frame = Claim("of another kind", change).frame
            frame.octets[14 + octet] = value
            try socket.send(frame)
        }
        #expect(try host.drops(of: "cali1", expecting: ["arp": 2]) == ["arp": 2])
        try host.program(ResourceText.endpoint("one", "cali1", mac: nil, ["10.65.0.1"]))
        var frame = Claim("of another kind") { _ in }.frame
        frame.octets[14 + octet] = value
        try socket.send(frame)
        #expect(try host.drops(of: "cali1", expecting: ["arp": 3]) == ["arp": 3])
    }

    private func neighbours() throws -> [String] {
        try topology.host.command(["ip", "-4", "neigh", "show", "dev", "cali1"]).succeed().split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }

    @Test func anEndpointAsksAndAnnouncesWithItsOwnMACAndAddress() throws {
        let claims = [
            Claim("request") { _ in },
            Claim("announcement") { $0.target = "10.65.0.1" },
            Claim("announcement as a reply") {
                $0.target = "10.65.0.1"
                $0.operation = ARPPacket.reply
            },
        ]
        #expect(try answers(to: claims, from: one) == [gateway, address("10.65.0.2")])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func anAddressProbePassesWithTheOwnMACOnly() throws {
        let hostAddress = topology.hostAddress
        let probe = Claim("probe") { ($0.sender, $0.target) = ("0.0.0.0", hostAddress) }
        #expect(try answers(to: [probe], from: one) == [address(hostAddress), address("10.65.0.2")])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])

        var forged = probe
        forged.senderMAC = Self.foreignMAC
        var unasked = probe
        unasked.operation = ARPPacket.reply
        var borrowed = probe
        borrowed.etherSource = Self.foreignMAC
        #expect(try answers(to: [forged, unasked, borrowed], from: one) == [address("10.65.0.2")])
        #expect(try host.drops(of: "cali1", expecting: ["arp": 3]) == ["arp": 3])
    }

    @Test(arguments: [
        Claim("foreign Ethernet source") { $0.etherSource = ARPFilterTests.foreignMAC },
        Claim("foreign sender MAC") { $0.senderMAC = ARPFilterTests.foreignMAC },
        Claim("foreign MAC in both places") {
            ($0.etherSource, $0.senderMAC) = (ARPFilterTests.foreignMAC, ARPFilterTests.foreignMAC)
        },
        Claim("foreign sender address") { $0.sender = "10.65.0.7" },
        Claim("the neighbour's address") { $0.sender = "10.65.0.2" },
        Claim("the host's address") { $0.sender = "192.0.2.1" },
        Claim("announcement of the neighbour's address") { ($0.sender, $0.target) = ("10.65.0.2", "10.65.0.2") },
        Claim("unasked reply for the neighbour's address") {
            ($0.sender, $0.operation) = ("10.65.0.2", ARPPacket.reply)
        },
    ])
    func aForgedClaimIsDroppedAndCounted(claim: Claim) throws {
        // An entry that the kernel would update, and one that it would make.
        try topology.host.ip("neigh add 10.65.0.2 lladdr 02:00:00:00:00:99 dev cali1 nud stale")
        let before = try neighbours()
        #expect(try answers(to: [claim], from: one) == [address("10.65.0.2")])
        #expect(try host.drops(of: "cali1", expecting: ["arp": 1]) == ["arp": 1])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        #expect(try neighbours() == before)
    }

    @Test func theHostKnowsItsEndpointsWithoutAsking() throws {
        #expect(try neighbours() == ["10.65.0.1 lladdr 02:00:00:00:00:01 PERMANENT proto 77"])
        let entry = try topology.host.command(["ip", "-j", "-4", "neigh", "show", "dev", "cali1"]).succeed()
        for part in [#""dst":"10.65.0.1""#, #""state":["PERMANENT"]"#, #""protocol":"77""#] {
            #expect(entry.contains(part))
        }
        // A workload whose kernel answers no ARP is reached all the same.
        let socket = try one.packetSocket()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress), 1, to: own, 2)
                .frame(from: try topology.uplinkMACs().outside, to: try topology.uplinkMACs().host))
        let came = try socket.receive { IPPacket($0)?.destination == own }
        #expect(came?.destination == one.mac)

        host.removeEndpoint("one")
        try host.update()
        #expect(try neighbours() == [])
    }

    @Test func withoutAMACTheSenderAddressIsBound() throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: nil, ["10.65.0.1"]))
        let hostAddress = topology.hostAddress
        let good = [
            Claim("any MAC") { ($0.etherSource, $0.senderMAC) = (Self.foreignMAC, Self.foreignMAC) },
            Claim("probe") { ($0.sender, $0.target) = ("0.0.0.0", hostAddress) },
        ]
        #expect(
            try answers(to: good, from: one) == [gateway, address(hostAddress), address("10.65.0.2")])
        #expect(
            try answers(to: [Claim("foreign address") { $0.sender = "10.65.0.2" }], from: one) == [address("10.65.0.2")]
        )
        #expect(try host.drops(of: "cali1", expecting: ["arp": 1]) == ["arp": 1])
    }

    @Test func anEndpointWhoseMACCannotBeEnforcedIsNotAnswered() throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:00:00:01", ["10.65.0.1"]))
        let socket = try one.packetSocket()
        try socket.send(Claim("request") { _ in }.frame)
        #expect(try host.drops(of: "cali1", expecting: ["arp": 1]) == ["arp": 1])
        #expect(try socket.receive(within: .zero) { ARPPacket($0)?.operation == ARPPacket.reply } == nil)
        #expect(try neighbours() == [])
    }

    @Test func withoutTheARPFilterThereIsNoTableForIt() throws {
        let topology = try Topology()
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let neighbour = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        defer { withExtendedLifetime(neighbour) {} }
        let host = try ProgrammedHost(topology.host, options: DataplaneOptions(node: "host", filtersARP: false))
        try host.program(
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]))
        #expect(try !host.ruleset().contains("table arp"))
        let foreign = Claim("foreign sender MAC") { $0.senderMAC = Self.foreignMAC }
        #expect(try answers(to: [foreign], from: workload) == [gateway, address("10.65.0.2")])
    }
}
