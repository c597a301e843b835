import Dataplane
import NetworkValues
import Testing

/// 1:1 NAT packet by packet: each protocol on each way, question and answer, with every octet and checksum looked at. The
/// test speaks for both sides, so no kernel's sockets can help out.
final class NATMatrixTests {
    private let scene: NATScene
    private var topology: Topology { scene.topology }
    private let one: PacketSocket
    private let two: PacketSocket
    private let outside: PacketSocket
    private let uplink: (host: MACAddress, outside: MACAddress)

    /// On the outside link, with no kernel behind it.
    private static let strangers = [IPFamily.v4: address("192.0.2.77"), .v6: address("2001:db8:ffff::77")]

    init() throws {
        scene = try NATScene(areSilent: true)
        uplink = try scene.topology.uplinkMACs()
        for stranger in Self.strangers.values {
            try scene.topology.host.ip("neighbour add \(stranger) lladdr \(uplink.outside) dev eth0")
        }
        one = try scene.one.packetSocket()
        two = try scene.two.packetSocket()
        outside = try scene.topology.outsideSocket()
    }

    /// Both endpoints with an external address, or the first alone.
    private func host(bothHaveExternals: Bool = false, options: DataplaneOptions = DataplaneOptions(node: "host"))
        throws
        -> ProgrammedHost
    {
        let host = try scene.host(options: options)
        if bothHaveExternals {
            try host.program(NATScene.endpoint("two", NATScene.Addresses.both.map { ($0.neighbours, $0.second) }))
        }
        return host
    }

    enum Place: Sendable { case one, two, outside }

    private func send(_ packet: IPPacket, from place: Place) throws {
        switch place {
        case .one: try one.send(scene.one.frame(packet))
        case .two: try two.send(scene.two.frame(packet))
        case .outside: try outside.send(packet.frame(from: uplink.outside, to: uplink.host))
        }
    }

    /// The next packet of the protocol that the host sends to the place; an error when none comes.
    private func next(_ transport: IPPacket, at place: Place) throws -> IPPacket {
        func fits(_ frame: Frame) -> Bool {
            guard let packet = IPPacket(frame), packet.protocol == transport.protocol else { return false }
            // What the place itself sends is seen as well; of ICMPv6 there is other traffic.
            let isOwn = frame.source == scene.one.mac || frame.source == scene.two.mac || frame.source == uplink.outside
            return !isOwn && packet.payload.count == transport.payload.count
        }
        let frame: Frame?
        switch place {
        case .one: frame = try one.receive(where: fits)
        case .two: frame = try two.receive(where: fits)
        case .outside: frame = try outside.receive(where: fits)
        }
        guard let packet = frame.flatMap(IPPacket.init) else {
            throw TestKitError("nothing of protocol \(transport.protocol) came to \(place)")
        }
        return packet
    }

    /// A question from `client` to `server`, and its answer; each side must see what is said of it.
    private func converse(
        _ transport: Transport, from client: (place: Place, address: IPAddress), to target: IPAddress,
        arriving server: (place: Place, address: IPAddress), clientAsSeen: IPAddress
    ) throws {
        let question = transport.question(from: client.address, to: target)
        try send(question, from: client.place)
        let heard = try next(question, at: server.place)
        #expect(transport.carries(heard, question, from: clientAsSeen, to: server.address), "\(heard)")
        let answer = transport.answer(to: heard)
        try send(answer, from: server.place)
        let received = try next(answer, at: client.place)
        #expect(transport.carries(received, answer, from: target, to: client.address), "\(received)")
    }

    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func inbound(_ at: NATScene.Addresses, _ transport: Transport) throws {
        let host = try host()
        let stranger = try #require(Self.strangers[at.family])
        try converse(
            transport, from: (.outside, stranger), to: at.external, arriving: (.one, at.inside), clientAsSeen: stranger)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func outbound(_ at: NATScene.Addresses, _ transport: Transport) throws {
        let host = try host()
        let stranger = try #require(Self.strangers[at.family])
        try converse(
            transport, from: (.one, at.inside), to: stranger, arriving: (.outside, stranger), clientAsSeen: at.external)
        try converse(
            transport, from: (.two, at.neighbours), to: stranger, arriving: (.outside, stranger),
            clientAsSeen: at.neighbours)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func hairpin(_ at: NATScene.Addresses, _ transport: Transport) throws {
        let host = try host()
        try converse(
            transport, from: (.one, at.inside), to: at.external, arriving: (.one, at.inside), clientAsSeen: at.external)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func eachOtherByExternalAddresses(_ at: NATScene.Addresses, _ transport: Transport) throws {
        let host = try host(bothHaveExternals: true)
        try converse(
            transport, from: (.two, at.neighbours), to: at.external, arriving: (.one, at.inside),
            clientAsSeen: at.neighbours)
        try converse(
            transport, from: (.one, at.inside), to: at.second, arriving: (.two, at.neighbours), clientAsSeen: at.inside)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func excludedNetworksSeeTheInternalAddressAndAnswerIt(_ at: NATScene.Addresses, _ transport: Transport) throws {
        let excluded = try ["192.0.2.0/24", "2001:db8:ffff::/64"].map { try IPPrefix(parsing: $0) }
        let host = try host(options: DataplaneOptions(node: "host", natExcludedNetworks: excluded))
        let stranger = try #require(Self.strangers[at.family])
        try converse(
            transport, from: (.one, at.inside), to: stranger, arriving: (.outside, stranger), clientAsSeen: at.inside)
        withExtendedLifetime(host) {}
    }

    /// What is no endpoint's goes through the host as if there were no table of ours.
    @Test(arguments: NATScene.Addresses.both, Transport.allCases)
    func internalAddressesAreUntouchedWhereNobodyTranslatesThem(_ at: NATScene.Addresses, _ transport: Transport) throws
    {
        let host = try host()
        let stranger = try #require(Self.strangers[at.family])
        try converse(
            transport, from: (.outside, stranger), to: at.inside, arriving: (.one, at.inside), clientAsSeen: stranger)
        try converse(
            transport, from: (.two, at.neighbours), to: at.inside, arriving: (.one, at.inside),
            clientAsSeen: at.neighbours)
        withExtendedLifetime(host) {}
    }
}
