import Dataplane
import NetworkValues
import Testing

/// Flows that run by an external address end when it leads elsewhere, and no others do.
struct FlowNATTests: PolicySuite {
    let scene: PolicyScene
    private let host: ProgrammedHost

    init() throws {
        scene = try PolicyScene()
        try scene.topology.outside.answerNothing()
        host = try ProgrammedHost(scene.topology.host)
        try host.program(ResourceText.open)
    }

    /// Who takes part, in one family.
    struct Addresses: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let own: IPAddress
        let second: IPAddress
        let neighbours: IPAddress
        let external: IPAddress
        let another: IPAddress
        let outside: IPAddress
        /// What the host calls itself towards its workloads.
        let host: IPAddress

        static let both = [
            Addresses("IPv4", "10.65.0.", "198.51.100.", "192.0.2."),
            Addresses("IPv6", "2001:db8:65::", "2001:db8:e::", "2001:db8:ffff::"),
        ]

        private init(_ name: String, _ inside: String, _ externals: String, _ outside: String) {
            testDescription = name
            (own, second, neighbours) = (address(inside + "1"), address(inside + "3"), address(inside + "2"))
            (external, another) = (address(externals + "1"), address(externals + "2"))
            (host, self.outside) = (address(outside + "1"), address(outside + "2"))
        }
    }

    private func give(
        one: [(IPAddress, IPAddress)], two: [(IPAddress, IPAddress)] = []
    ) throws {
        func texts(_ nats: [(IPAddress, IPAddress)]) -> [(String, String)] {
            nats.map { ("\"\($0.0)\"", "\"\($0.1)\"") }
        }
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01",
                ["10.65.0.1", "10.65.0.3", "2001:db8:65::1", "2001:db8:65::3"], nats: texts(one)),
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8:65::2"], nats: texts(two)))
    }

    private enum Place { case one, two, outside }

    private func socket(_ place: Place) throws -> PacketSocket {
        switch place {
        case .one: try scene.one.packetSocket()
        case .two: try scene.two.packetSocket()
        case .outside: try scene.topology.outsideSocket()
        }
    }

    private func send(_ packet: IPPacket, from place: Place) throws {
        let macs = try scene.topology.uplinkMACs()
        switch place {
        case .one: try socket(place).send(scene.one.frame(packet))
        case .two: try socket(place).send(scene.two.frame(packet))
        case .outside: try socket(place).send(packet.frame(from: macs.outside, to: macs.host))
        }
    }

    /// Sends a datagram; returns what arrives, with an answer sent back, or `nil` when nothing does.
    @discardableResult
    private func exchange(
        _ packet: IPPacket, _ from: Place, _ to: Place, within limit: Duration = .seconds(2)
    ) throws -> IPPacket? {
        let receiver = try socket(to)
        try send(packet, from: from)
        let port = packet.ports?.destination
        let frame = try receiver.receive(within: limit) { frame in
            // What leaves by the same interface is seen as well, on its way to the host.
            guard let seen = IPPacket(frame), seen.ports?.destination == port else { return false }
            return from != to || seen.hopLimit != packet.hopLimit
        }
        guard let seen = frame.flatMap(IPPacket.init) else { return nil }
        try send(.udp(from: seen.destination, port ?? 0, to: seen.source, 4000), from: to)
        return seen
    }

    private func flows() throws -> [String] { try scene.topology.host.flows() }

    /// Every kind of flow there is by and beside the first external address; both lists as conntrack shows them.
    private func openFlows(_ at: Addresses) throws -> (byExternal: [String], others: [String]) {
        #expect(try exchange(datagram(at.outside, at.external, 1), .outside, .one)?.destination == at.own)
        #expect(try exchange(datagram(at.neighbours, at.external, 2), .two, .one)?.destination == at.own)
        #expect(try exchange(datagram(at.own, at.external, 3), .one, .one)?.source == at.external)
        #expect(try exchange(datagram(at.own, at.outside, 4), .one, .outside)?.source == at.external)
        #expect(try exchange(datagram(at.outside, at.another, 5), .outside, .one)?.destination == at.own)
        #expect(try exchange(datagram(at.outside, at.own, 6), .outside, .one)?.destination == at.own)
        #expect(try exchange(datagram(at.own, at.neighbours, 7), .one, .two)?.source == at.own)
        #expect(try exchange(datagram(at.neighbours, at.outside, 8), .two, .outside)?.source == at.neighbours)
        let one = try socket(.one)
        try scene.topology.host.run { try InternetSocket.datagrams() }.send("from the host", to: at.external, port: 9)
        let fromHost = try one.receive { IPPacket($0)?.ports?.destination == 9 }.flatMap(IPPacket.init)
        let itself = try #require(fromHost?.source)
        let byExternal = [
            "udp \(at.outside) > \(at.external):1 < \(at.own) > \(at.outside)",
            "udp \(at.neighbours) > \(at.external):2 < \(at.own) > \(at.neighbours)",
            "udp \(at.own) > \(at.external):3 < \(at.own) > \(at.external)",
            "udp \(at.own) > \(at.outside):4 < \(at.outside) > \(at.external)",
            "udp \(itself) > \(at.external):9 < \(at.own) > \(itself)",
        ]
        let others = [
            "udp \(at.outside) > \(at.another):5 < \(at.own) > \(at.outside)",
            "udp \(at.outside) > \(at.own):6", "udp \(at.own) > \(at.neighbours):7",
            "udp \(at.neighbours) > \(at.outside):8",
        ]
        #expect(try eventually((byExternal + others).sorted(), flows) == (byExternal + others).sorted())
        return (byExternal.sorted(), others.sorted())
    }

    @Test(arguments: Addresses.both)
    func aMappingThatGoesTakesExactlyItsFlowsAlong(_ at: Addresses) throws {
        try give(one: [(at.own, at.external), (at.own, at.another)])
        let (_, others) = try openFlows(at)
        try give(one: [(at.own, at.another)])
        #expect(try flows() == others)
        #expect(
            try exchange(datagram(at.outside, at.external, 1), .outside, .one, within: .milliseconds(50)) == nil)
        #expect(try exchange(datagram(at.own, at.outside, 4), .one, .outside)?.source == at.another)
        #expect(try exchange(datagram(at.outside, at.another, 5), .outside, .one)?.destination == at.own)
    }

    @Test(arguments: Addresses.both)
    func aMappingThatMovesLeadsRunningFlowsToItsNewOwner(_ at: Addresses) throws {
        try give(one: [(at.own, at.external), (at.own, at.another)])
        let (_, others) = try openFlows(at)
        try give(one: [(at.own, at.another)], two: [(at.neighbours, at.external)])
        #expect(try flows() == others)
        #expect(try exchange(datagram(at.outside, at.external, 1), .outside, .two)?.destination == at.neighbours)
        // From one address of an endpoint to another it is the same.
        try give(one: [(at.own, at.another)], two: [])
        try give(one: [(at.own, at.another), (at.own, at.external)])
        #expect(try exchange(datagram(at.outside, at.external, 1), .outside, .one)?.destination == at.own)
        try give(one: [(at.own, at.another), (at.second, at.external)])
        #expect(try exchange(datagram(at.outside, at.external, 1), .outside, .one)?.destination == at.second)
    }

    /// conntrack takes up a flow in its middle, and packets to an address without a mapping keep that one alive.
    @Test(arguments: Addresses.both)
    func aMappingThatComesTakesOverFlowsThatRanUntranslated(_ at: Addresses) throws {
        try give(one: [])
        #expect(try exchange(datagram(at.own, at.outside, 4), .one, .outside)?.source == at.own)
        // The host has nowhere to send it but back.
        try send(datagram(at.outside, at.external, 1), from: .outside)
        let untranslated = "udp \(at.outside) > \(at.external):1"
        let outbound = "udp \(at.own) > \(at.outside):4"
        #expect(try eventually([outbound, untranslated].sorted(), flows) == [outbound, untranslated].sorted())
        try give(one: [(at.own, at.external)])
        // What left without an external address goes on so.
        #expect(try flows() == [outbound])
        #expect(try exchange(datagram(at.outside, at.external, 1), .outside, .one)?.destination == at.own)
        #expect(try exchange(datagram(at.own, at.outside, 4), .one, .outside)?.source == at.own)
    }

    @Test func whatDoesNotContradictGoesOn() throws {
        let at = Addresses.both[0]
        try give(one: [(at.own, at.external), (at.own, at.another)])
        _ = try openFlows(at)
        let before = try scene.topology.host.flowIDs()
        // Another one listed first is the source of later flows only.
        try give(one: [(at.own, at.another), (at.own, at.external)])
        #expect(try scene.topology.host.flowIDs() == before)
        // Somebody deletes all of it, and it is repaired.
        try scene.topology.host.nft("flush ruleset")
        try host.update()
        #expect(try scene.topology.host.flowIDs() == before)
        try give(one: [(at.own, at.another), (at.own, at.external), (at.own, address("198.51.100.3"))])
        #expect(try scene.topology.host.flowIDs() == before)
    }

    @Test func anEndpointThatGoesTakesTheFlowsOfItsExternalAddressesAlong() throws {
        let at = Addresses.both[0]
        try give(one: [(at.own, at.external), (at.own, at.another)])
        _ = try openFlows(at)
        host.removeEndpoint("one")
        try host.update()
        #expect(try flows() == ["udp \(at.neighbours) > \(at.outside):8"])
    }
}
