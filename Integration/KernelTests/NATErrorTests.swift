import Dataplane
import Glibc
import NetworkValues
import Testing

/// What ICMP says of translated packets, and packets too big for a link: every side reads of the addresses that it knows.
struct NATErrorTests {
    private let scene: NATScene
    private var topology: Topology { scene.topology }

    init() throws {
        scene = try NATScene()
    }

    /// A message about a packet, and which packet that was.
    private struct Complaint: Equatable, CustomStringConvertible {
        let from: IPAddress
        let to: IPAddress
        let type: UInt8
        let code: UInt8
        let aboutSource: IPAddress
        let aboutDestination: IPAddress
        let aboutPort: UInt16

        var description: String {
            "\(from) > \(to): \(type)/\(code) about \(aboutSource) > \(aboutDestination) port \(aboutPort)"
        }
    }

    /// Such a message in the frame, if it is one about a packet to a port of UDP.
    private func complaint(_ frame: Frame) -> Complaint? {
        guard let packet = IPPacket(frame), let type = packet.icmpType ?? packet.icmpv6Type,
            (packet.source.family == .v4 ? [3, 11] : [1, 2, 3]).contains(type)
        else { return nil }
        let inner = Array(packet.payload.dropFirst(8))
        let (addresses, header) = packet.source.family == .v4 ? (12, 20) : (8, 40)
        let length = packet.source.family == .v4 ? 4 : 16
        guard inner.count >= header + 4, inner[packet.source.family == .v4 ? 9 : 6] == ProtocolNumber.udp,
            let source = IPAddress(octets: inner[addresses..<addresses + length]),
            let destination = IPAddress(octets: inner[addresses + length..<addresses + 2 * length])
        else { return nil }
        #expect(
            packet == packet.withChecksum(at: 2, hasPseudoHeader: packet.source.family == .v6), "a checksum is wrong")
        return Complaint(
            from: packet.source, to: packet.destination, type: type, code: packet.payload[1], aboutSource: source,
            aboutDestination: destination, aboutPort: UInt16(inner[header + 2]) << 8 | UInt16(inner[header + 3]))
    }

    /// What is said to `sender` of a datagram that it sends from its address to a port where nobody listens.
    private func complaint(
        to sender: NetworkNamespace, at own: IPAddress, about target: IPAddress, text: String = "question"
    ) throws -> Complaint? {
        let link = try sender.run { try PacketSocket(interface: "eth0") }
        try sender.run { try InternetSocket.datagrams() }.send(text, to: target, port: 9)
        return try link.receive { complaint($0)?.to == own }.flatMap(complaint)
    }

    private func unreachablePort(_ family: IPFamily) -> (type: UInt8, code: UInt8) { family == .v4 ? (3, 3) : (1, 4) }

    private func unreachable(_ client: IPAddress, _ server: IPAddress) -> Complaint {
        let (type, code) = unreachablePort(client.family)
        return Complaint(
            from: server, to: client, type: type, code: code, aboutSource: client, aboutDestination: server,
            aboutPort: 9)
    }

    @Test(arguments: NATScene.Addresses.both)
    func aClosedPortIsTheExternalAddresssToWhoeverAsksIt(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        #expect(
            try complaint(to: topology.outside, at: at.outside, about: at.external)
                == unreachable(at.outside, at.external))
        #expect(
            try complaint(to: scene.two.namespace, at: at.neighbours, about: at.external)
                == unreachable(at.neighbours, at.external))
        #expect(
            try complaint(to: scene.one.namespace, at: at.inside, about: at.external)
                == unreachable(at.inside, at.external))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both)
    func aClosedPortOutsideIsToldToTheInternalAddress(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        let outside = try topology.outsideSocket()
        #expect(
            try complaint(to: scene.one.namespace, at: at.inside, about: at.outside)
                == unreachable(at.inside, at.outside))
        // The outside host said it of the external address.
        let said = try outside.receive { complaint($0) != nil }.flatMap(complaint)
        #expect(said == unreachable(at.external, at.outside))
        withExtendedLifetime(host) {}
    }

    /// The host finds that a packet has gone too far, when it has translated it already.
    @Test(arguments: NATScene.Addresses.both)
    func theHostSpeaksOfTheAddressThatTheSenderUsed(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        let link = try topology.outsideSocket()
        let uplink = try topology.uplinkMACs()
        var packet = IPPacket.udp(from: at.outside, 4000, to: at.external, 9)
        packet.hopLimit = 1
        try link.send(packet.frame(from: uplink.outside, to: uplink.host))
        let inbound = try link.receive { complaint($0) != nil }.flatMap(complaint)
        #expect(inbound?.aboutSource == at.outside && inbound?.aboutDestination == at.external, "\(inbound as Any)")
        #expect(inbound?.type == (at.family == .v4 ? 11 : 3) && inbound?.to == at.outside)

        let inside = try scene.one.packetSocket()
        var outbound = IPPacket.udp(from: at.inside, 4000, to: at.outside, 9)
        outbound.hopLimit = 1
        try inside.send(scene.one.frame(outbound))
        let heard = try inside.receive { complaint($0) != nil }.flatMap(complaint)
        #expect(heard?.aboutSource == at.inside && heard?.aboutDestination == at.outside, "\(heard as Any)")
        withExtendedLifetime(host) {}
    }

    /// Path MTU discovery goes through the translation, on both sides of it. What is made up of the fragments that the
    /// sender makes then is whole.
    @Test(arguments: NATScene.Addresses.both)
    func whatIsTooBigIsSaidOfTheAddressThatTheSenderUsed(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        let tooBig: (UInt8, UInt8) = at.family == .v4 ? (3, 4) : (2, 0)
        let text = String(repeating: "x", count: 1400)
        let (one, outside) = (scene.one.namespace, topology.outside)
        for (client, own, target, narrow, server) in [
            (one, at.inside, at.outside, "eth0", outside), (outside, at.outside, at.external, "cali1", one),
        ] {
            // A link takes from its other end no more than it sends itself, so the server's end is narrow too.
            try topology.host.ip("link set \(narrow) mtu 1300")
            let said = try complaint(to: client, at: own, about: target, text: text)
            #expect(said?.aboutSource == own && said?.aboutDestination == target, "\(said as Any)")
            #expect(said?.type == tooBig.0 && said?.code == tooBig.1)
            try server.ip("link set eth0 mtu 1300")
            #expect(try exchange(from: client, to: target, at: server, question: text)?.serverAsSeen == target)
            try topology.host.ip("link set \(narrow) mtu 1500")
            try server.ip("link set eth0 mtu 1500")
        }
        withExtendedLifetime(host) {}
    }

    // MARK: Fragments

    @Test(arguments: NATScene.Addresses.both)
    func bigDatagramsPassInFragmentsOnEveryWay(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        let text = String((0..<9000).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
        let (one, two, outside) = (scene.one.namespace, scene.two.namespace, topology.outside)
        #expect(
            try exchange(from: outside, to: at.external, at: one, question: text)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.external))
        #expect(
            try exchange(from: one, to: at.outside, at: outside, question: text)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.outside))
        #expect(
            try exchange(from: one, to: at.external, at: one, question: text)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.external))
        #expect(
            try exchange(from: two, to: at.external, at: one, question: text)
                == Exchange(clientAsSeen: at.neighbours, serverAsSeen: at.external))
        #expect(
            try exchange(from: topology.host, to: at.external, at: one, question: text)?.serverAsSeen == at.external)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both)
    func bigPingsAreAnsweredOnEveryWay(_ at: NATScene.Addresses) throws {
        let host = try scene.host()
        let ways: [(NetworkNamespace, IPAddress)] = [
            (topology.outside, at.external), (scene.one.namespace, at.outside), (scene.one.namespace, at.external),
            (scene.two.namespace, at.external), (topology.host, at.external),
        ]
        for (index, way) in ways.enumerated() {
            let result = try way.0.execute("ping", "-n", "-c", "1", "-W", "2", "-s", "4000", "\(way.1)")
            #expect(result.exitCode == 0, "way \(index): \(result)")
        }
        withExtendedLifetime(host) {}
    }
}
