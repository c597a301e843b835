import Dataplane
import DataplaneLinux
import NetworkValues
import Nftables
import Testing

/// An endpoint sends IPv6 only with its own MAC and addresses: each forged frame beside the honest one that passes.
struct SourceFilterIPv6Tests {
    private let scene: SourceScene
    private let own = SourceScene.own
    private let neighbours = SourceScene.neighbours
    private let foreignMAC = SourceScene.foreignMAC
    private var one: Workload { scene.one }
    private var two: Workload { scene.two }
    private var outside: IPAddress { scene.outside }

    init() throws {
        scene = try SourceScene()
    }

    @Test func anEndpointSendsWithItsOwnMACAndAddress() throws {
        let socket = try one.packetSocket()
        try socket.send(one.frame(.echoRequest(from: own, to: outside, identifier: 1)))
        let reply = try socket.receive { IPPacket($0)?.echo.map { $0 == (129, 1) } ?? false }
        #expect(reply.flatMap(IPPacket.init)?.source == outside)
        #expect(reply?.destination == one.mac)
        let segment = IPPacket.tcp(from: own, 4000, to: outside, 1, flags: 2)
        #expect(try scene.arriving([one.frame(segment), one.frame(scene.datagram(2))]) == [1, 2])
        #expect(try scene.host.drops(of: "cali1") == [:])
    }

    @Test func aForeignMACIsDroppedAndCounted() throws {
        for (index, mac) in [foreignMAC, two.mac, one.hostMAC].enumerated() {
            let frames = [one.frame(scene.datagram(1), from: mac), one.frame(scene.datagram(2))]
            #expect(try scene.arriving(frames) == [2])
            #expect(try scene.host.drops(of: "cali1", expecting: ["mac": index + 1]) == ["mac": index + 1])
        }
        let echo = IPPacket.echoRequest(from: own, to: outside, identifier: 1)
        let segment = IPPacket.tcp(from: own, 4000, to: outside, 1, flags: 2)
        let forged = [echo, segment, echo.behind(.destinationOptions)].map { one.frame($0, from: foreignMAC) }
        #expect(try scene.verdicts(forged) == ["mac", "mac", "mac"])
        #expect(try scene.host.drops(of: "cali2") == [:])
    }

    /// A neighbour's, the host's, one that nobody has, the IPv4 one mapped, a site-local one, and unspecified.
    @Test(arguments: ["2001:db8::2", "2001:db8:ffff::1", "2001:db8:7::1", "::ffff:10.65.0.1", "fec0::1", "::"])
    func aForeignAddressIsDroppedAndCounted(source: String) throws {
        let forged = scene.datagram(1, from: address(source))
        #expect(try scene.arriving([one.frame(forged), one.frame(scene.datagram(2))]) == [2])
        #expect(try scene.host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
        let others: [IPPacket] = [
            .tcp(from: address(source), 4000, to: outside, 1, flags: 2),
            scene.datagram(1, from: address(source)).behind(.destinationOptions),
        ]
        #expect(try scene.verdicts(others) == ["ip", "ip"])
        guard source != "::" else { return }
        #expect(try scene.verdicts(.echoRequest(from: address(source), to: outside, identifier: 1)) == ["ip"])
        #expect(try scene.host.drops(of: "cali2") == [:])
    }

    @Test func whatPassesAndWhatIsDroppedIsCountedForTheEndpointThatSentIt() throws {
        try scene.program(more: "allowSpoofedSourcePrefixes: [\"2001:db8:20::/48\"]")
        let frames = [
            one.frame(scene.datagram(1)), one.frame(scene.datagram(1), from: foreignMAC),
            one.frame(scene.datagram(1, from: neighbours)),
            one.frame(scene.datagram(1, from: address("2001:db8:21::"))),
            one.frame(scene.datagram(2, from: address("2001:db8:20::7"))), one.frame(scene.datagram(3)),
        ]
        #expect(try scene.arriving(frames) == [1, 2, 3])
        // 40 bytes of IPv6, 8 of UDP and 4 of data each.
        var counters = try scene.host.counters()
        #expect(counters["cali1"]?.fromWorkload == CounterValue(packets: 3, bytes: 156))
        #expect(counters["cali1"]?.drops.filter { $0.value > 0 } == [.mac: 1, .ip: 2])
        #expect(counters["cali2"]?.fromWorkload == CounterValue())
        #expect(counters["cali2"]?.drops.filter { $0.value > 0 } == [:])

        try scene.program(mac: nil)
        #expect(try scene.arriving([one.frame(scene.datagram(4), from: foreignMAC)]) == [4])
        counters = try scene.host.counters()
        #expect(counters["cali1"]?.fromWorkload == CounterValue(packets: 1, bytes: 52))
    }

    @Test func aForgedMACInsideAnEstablishedExchangeIsDropped() throws {
        let socket = try one.packetSocket()
        let listening = try scene.topology.outsideSocket()
        func echo(_ data: UInt8, mac: MACAddress, from source: IPAddress) throws {
            let packet = IPPacket.echoRequest(from: source, to: outside, identifier: 7, data: [data])
            try socket.send(packet.frame(from: mac, to: one.hostMAC))
        }
        func reply() throws -> [UInt8]? {
            let frame = try socket.receive { IPPacket($0)?.echo.map { $0 == (129, 7) } ?? false }
            return frame.flatMap(IPPacket.init).map { Array($0.payload.dropFirst(8)) }
        }
        try echo(1, mac: one.mac, from: own)
        #expect(try reply() == [1])
        try echo(2, mac: foreignMAC, from: own)
        try echo(3, mac: one.mac, from: own)
        #expect(try reply() == [3])
        let requests = try listening.packets { $0.echo?.type == 128 && $0.payload.last == 3 }
        #expect(requests.filter { $0.echo?.type == 128 }.map(\.payload.last) == [1, 3])
        #expect(try scene.host.drops(of: "cali1", expecting: ["mac": 1]) == ["mac": 1])
    }

    @Test func aNeighboursEstablishedExchangeIsNotOneToJoin() throws {
        let socket = try two.packetSocket()
        let listening = try scene.topology.outsideSocket()
        // The same identifier: to conntrack the forged request belongs to the neighbour's exchange, which was answered.
        func request(_ data: UInt8) -> IPPacket {
            .echoRequest(from: neighbours, to: outside, identifier: 7, data: [data])
        }
        try socket.send(two.frame(request(1)))
        #expect(try socket.receive { IPPacket($0)?.echo.map { $0 == (129, 7) } ?? false } != nil)
        let forger = try one.packetSocket()
        try forger.send(one.frame(request(2)))
        try forger.send(one.frame(scene.datagram(3)))
        let came = try listening.packets { $0.ports?.destination == 3 }
        #expect(came.filter { $0.echo?.type == 128 }.map(\.payload.last) == [1])
        #expect(try scene.host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
    }

    // MARK: Fragments

    /// A datagram of 32 bytes in two fragments; the listener's kernel puts it together.
    private func fragments(
        from source: IPAddress, second: String = "honest-2"
    ) -> (first: IPPacket, second: IPPacket) {
        IPPacket.udp(from: source, 4000, to: outside, 5000, data: Array(("honest-1" + second).utf8)).fragments(at: 16)
    }

    @Test func aFragmentWithANeighboursAddressDoesNotGetIntoItsDatagram() throws {
        let listener = try scene.topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let victim = try two.packetSocket()
        let honest = fragments(from: neighbours)
        // The same words in another order have the same checksum: put together, they would be delivered.
        let forged = fragments(from: neighbours, second: "neho-2st")
        try victim.send(two.frame(honest.first))
        #expect(try scene.verdicts(forged.second) == ["ip"])
        try victim.send(two.frame(honest.second))
        #expect(listener.receive()?.text == "honest-1honest-2")
        #expect(listener.receive(within: .zero) == nil)
        #expect(try scene.host.drops(of: "cali2") == [:])
    }

    @Test func aFragmentWithAForeignMACDoesNotLeaveInsideADatagram() throws {
        let listener = try scene.topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let parts = fragments(from: own)
        let frames = [one.frame(parts.first), one.frame(parts.second, from: foreignMAC)]
        #expect(try scene.verdicts(frames) == ["passed", "mac"])
        #expect(listener.receive(within: .zero) == nil)
        #expect(try scene.verdicts(parts.second) == ["passed"])
        #expect(listener.receive()?.text == "honest-1honest-2")
        #expect(listener.receive(within: .zero) == nil)
    }

    // MARK: Other endpoints

    @Test func withoutAMACTheInterfaceAndTheAddressAreBound() throws {
        try scene.program(mac: nil)
        let frames = [
            one.frame(scene.datagram(1, from: neighbours), from: foreignMAC),
            one.frame(scene.datagram(2, from: address("2001:db8:7::1"))),
            one.frame(scene.datagram(3), from: foreignMAC),
            one.frame(scene.datagram(4)),
        ]
        #expect(try scene.arriving(frames) == [3, 4])
        #expect(try scene.host.drops(of: "cali1", expecting: ["ip": 2]) == ["ip": 2])
        let echo = IPPacket.echoRequest(from: own, to: outside, identifier: 1)
        let solicitation = IPPacket.icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133)
        let advertisement = IPPacket.icmpv6(
            from: own, to: address("ff02::1"), type: 134, body: [UInt8](repeating: 0, count: 12))
        #expect(
            try scene.verdicts(echo, solicitation, advertisement, scene.datagram(1, from: address("::")))
                == ["passed", "passed", "ra", "ip"])
        // The other endpoint is still bound to its MAC.
        let others = [
            two.frame(scene.datagram(1, from: neighbours), from: foreignMAC),
            two.frame(scene.datagram(2, from: neighbours)),
        ]
        #expect(try scene.arriving(others, from: two) == [2])
    }

    @Test func nothingLeavesAnEndpointWhoseMACCannotBeEnforced() throws {
        try scene.program(mac: "02:00:00:00:00:00:00:01")
        let frames = [
            one.frame(scene.datagram(1)), one.frame(scene.datagram(1), from: foreignMAC),
            one.frame(.udp(from: own, 4000, to: neighbours, 1)),
            one.frame(.echoRequest(from: own, to: address(scene.topology.hostAddress6), identifier: 1)),
            one.frame(.icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133)),
            one.frame(.icmpv6(from: address("::"), to: address("ff02::2"), type: 133)),
        ]
        #expect(try scene.verdicts(frames) == Array(repeating: "mac", count: frames.count))
    }

    @Test func anEndpointWithIPv4AddressesOnlySendsNoIPv6() throws {
        try scene.program(["10.65.0.1"])
        let echo = IPPacket.echoRequest(from: own, to: outside, identifier: 1)
        #expect(try scene.verdicts(scene.datagram(1), echo) == ["ip", "ip"])
        // Its kernel has a link-local address all the same.
        #expect(
            try scene.verdicts(.icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133)) == ["passed"])
        try scene.program(["10.65.0.1", "2001:db8::1"])
        #expect(try scene.verdicts(scene.datagram(1), echo) == ["passed", "passed"])
    }

    @Test func anInterfaceIsClosedBeforeItHasAnEndpointAndAfterIt() throws {
        let packets = [
            scene.datagram(1), .echoRequest(from: own, to: outside, identifier: 1),
            .icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133),
        ]
        #expect(try scene.verdicts(packets) == ["passed", "passed", "passed"])
        scene.host.removeEndpoint("one")
        try scene.host.update()
        let socket = try one.packetSocket()
        for packet in packets { try socket.send(one.frame(packet)) }
        #expect(try scene.host.counts(in: "source-filter", expecting: [3]) == [3])
        #expect(try scene.host.counts(in: "passed", table: "inet witness") == [3])
        try scene.program()
        #expect(try scene.verdicts(packets) == ["passed", "passed", "passed"])
    }
}
