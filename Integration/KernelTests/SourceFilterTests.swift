import Dataplane
import DataplaneLinux
import Glibc
import NetworkValues
import Nftables
import Testing

/// An endpoint sends only with its own MAC and addresses: each forged frame beside the honest one that passes.
struct SourceFilterTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let two: Workload
    private let own = address("10.65.0.1")
    private let neighbours = address("10.65.0.2")
    private let outside: IPAddress
    private let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]))
    }

    /// A datagram to the outside, told from others by its destination port.
    private func datagram(_ port: UInt16, from source: IPAddress? = nil) -> IPPacket {
        .udp(from: source ?? own, 4000, to: outside, port, data: Array("data".utf8))
    }

    /// The destination ports of the datagrams that got outside, when a workload sent these frames; of which the last
    /// must.
    private func arriving(_ frames: [Frame], from workload: Workload) throws -> [UInt16] {
        let socket = try workload.packetSocket()
        let listening = try topology.outsideSocket()
        for frame in frames { try socket.send(frame) }
        let last = IPPacket(frames[frames.count - 1])?.ports?.destination
        return try listening.packets { $0.protocol == ProtocolNumber.udp && $0.ports?.destination == last }
            .filter { $0.protocol == ProtocolNumber.udp }.compactMap { $0.ports?.destination }
    }

    @Test func anEndpointSendsWithItsOwnMACAndAddress() throws {
        let socket = try one.packetSocket()
        try socket.send(one.frame(.echoRequest(from: own, to: outside, identifier: 1)))
        let reply = try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 1) } ?? false }
        #expect(reply.flatMap(IPPacket.init)?.source == outside)
        #expect(reply?.destination == one.mac)
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func aForeignMACIsDroppedAndCounted() throws {
        for (index, mac) in [foreignMAC, two.mac, one.hostMAC].enumerated() {
            #expect(try arriving([one.frame(datagram(1), from: mac), one.frame(datagram(2))], from: one) == [2])
            #expect(try host.drops(of: "cali1", expecting: ["mac": index + 1]) == ["mac": index + 1])
        }
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test(arguments: ["10.65.0.2", "203.0.113.7", "192.0.2.1", "169.254.1.1", "0.0.0.0", "255.255.255.255"])
    func aForeignAddressIsDroppedAndCounted(source: String) throws {
        let forged = one.frame(datagram(1, from: address(source)))
        #expect(try arriving([forged, one.frame(datagram(2))], from: one) == [2])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test func whatPassesAndWhatIsDroppedIsCountedForTheEndpointThatSentIt() throws {
        let frames = [
            one.frame(datagram(1)), one.frame(datagram(1), from: foreignMAC),
            one.frame(datagram(1, from: neighbours)), one.frame(datagram(1, from: neighbours)),
            one.frame(datagram(2)),
        ]
        #expect(try arriving(frames, from: one) == [1, 2])
        let counters = try host.counters()
        // 20 bytes of IP, 8 of UDP and 4 of data each.
        #expect(counters["cali1"]?.fromWorkload == CounterValue(packets: 2, bytes: 64))
        #expect(counters["cali1"]?.drops.filter { $0.value > 0 } == [.mac: 1, .ip: 2])
        #expect(counters["cali2"]?.fromWorkload == CounterValue())
        #expect(counters["cali2"]?.drops.filter { $0.value > 0 } == [:])
    }

    @Test func aForgedMACInsideAnEstablishedExchangeIsDropped() throws {
        let socket = try one.packetSocket()
        let listening = try topology.outsideSocket()
        func echo(_ data: [UInt8], mac: MACAddress) throws {
            let packet = IPPacket.echoRequest(from: own, to: outside, identifier: 7, data: data)
            try socket.send(packet.frame(from: mac, to: one.hostMAC))
        }
        func reply() throws -> [UInt8]? {
            let frame = try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 7) } ?? false }
            return frame.flatMap(IPPacket.init).map { Array($0.payload.dropFirst(8)) }
        }
        try echo([1], mac: one.mac)
        #expect(try reply() == [1])
        try echo([2], mac: foreignMAC)
        try echo([3], mac: one.mac)
        #expect(try reply() == [3])
        let requests = try listening.packets { $0.echo?.type == 8 && $0.payload.last == 3 }
        #expect(requests.filter { $0.echo?.type == 8 }.map(\.payload.last) == [1, 3])
        #expect(try host.drops(of: "cali1", expecting: ["mac": 1]) == ["mac": 1])
    }

    @Test func aForgedMACInsideAnEstablishedConnectionIsDropped() throws {
        let listener = try topology.outside.run { try InternetSocket.listener(port: 80) }
        let socket = try one.packetSocket()
        func segment(_ flags: UInt8, _ sequence: UInt32, _ acknowledged: UInt32, _ text: String = "") -> IPPacket {
            var packet = IPPacket.tcp(
                from: own, 4000, to: outside, 80, flags: flags, sequence: sequence, acknowledgement: acknowledged)
            packet.payload += Array(text.utf8)
            return packet.withChecksum(at: 16, hasPseudoHeader: true)
        }
        try socket.send(one.frame(segment(2, 100, 0)))
        let answer = try socket.receive { IPPacket($0).map { $0.ports?.source == 80 } ?? false }
        let handshake = try #require(answer.flatMap(IPPacket.init)?.payload)
        #expect(handshake[13] == 0x12)
        let theirs = handshake[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &+ 1
        try socket.send(one.frame(segment(0x10, 101, theirs)))
        let connection = try listener.accept()

        // The same bytes of the stream twice: what the listener reads is what was let through.
        try socket.send(one.frame(segment(0x18, 101, theirs, "forged"), from: foreignMAC))
        try socket.send(one.frame(segment(0x18, 101, theirs, "honest")))
        #expect(connection.receive()?.text == "honest")
        #expect(try host.drops(of: "cali1", expecting: ["mac": 1]) == ["mac": 1])
    }

    @Test func aNeighboursEstablishedExchangeIsNotOneToJoin() throws {
        let socket = try two.packetSocket()
        let listening = try topology.outsideSocket()
        // The same identifier: to conntrack the forged request belongs to the neighbour's exchange, which was answered.
        func request(_ data: UInt8) -> IPPacket {
            .echoRequest(from: neighbours, to: outside, identifier: 7, data: [data])
        }
        try socket.send(two.frame(request(1)))
        #expect(try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 7) } ?? false } != nil)
        let forger = try one.packetSocket()
        try forger.send(one.frame(request(2)))
        try forger.send(one.frame(datagram(3)))
        let came = try listening.packets { $0.ports?.destination == 3 }
        #expect(came.filter { $0.echo?.type == 8 }.map(\.payload.last) == [1])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
    }

    // MARK: Fragments

    /// A datagram of 32 bytes in two fragments; the listener's kernel puts it together.
    private func fragments(
        from source: IPAddress, first: String = "honest-1", second: String = "honest-2"
    ) -> (first: IPPacket, second: IPPacket) {
        let whole = IPPacket.udp(from: source, 4000, to: outside, 5000, data: Array((first + second).utf8))
        var parts = (first: whole, second: whole)
        parts.first.payload = Array(whole.payload[..<16])
        parts.first.fragment = (77, 0, true)
        parts.second.payload = Array(whole.payload[16...])
        parts.second.fragment = (77, 16, false)
        return parts
    }

    @Test func aFragmentWithANeighboursAddressDoesNotGetIntoItsDatagram() throws {
        let listener = try topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let attacker = try one.packetSocket()
        let victim = try two.packetSocket()
        let honest = fragments(from: neighbours)
        // The same words in another order have the same checksum: put together, they would be delivered.
        let forged = fragments(from: neighbours, second: "neho-2st")
        try victim.send(two.frame(honest.first))
        try attacker.send(one.frame(forged.second))
        #expect(try host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
        try victim.send(two.frame(honest.second))
        #expect(listener.receive()?.text == "honest-1honest-2")
        #expect(listener.receive(within: .zero) == nil)
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test func aFragmentWithAForeignMACDoesNotLeaveInsideADatagram() throws {
        let listener = try topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let socket = try one.packetSocket()
        let parts = fragments(from: own)
        try socket.send(one.frame(parts.first))
        try socket.send(one.frame(parts.second, from: foreignMAC))
        #expect(try host.drops(of: "cali1", expecting: ["mac": 1]) == ["mac": 1])
        #expect(listener.receive(within: .zero) == nil)
        try socket.send(one.frame(parts.second))
        #expect(listener.receive()?.text == "honest-1honest-2")
        #expect(listener.receive(within: .zero) == nil)
    }

    @Test func theFilterStandsBeforeDefragmentationAndBeforeEverythingElseOfOurs() throws {
        var chain = ""
        var hooks: [String] = []
        for line in try host.ruleset().split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.first == "chain" { chain = String(words[1]) }
            if line.contains("hook prerouting") { hooks.append("\(chain): \(words.joined(separator: " "))") }
        }
        #expect(
            hooks.sorted() == [
                "nat-prerouting: type nat hook prerouting priority dstnat; policy accept;",
                "source-filter: type filter hook prerouting priority -450; policy accept;",
            ])
    }

    // MARK: Other endpoints

    @Test func withoutAMACTheInterfaceAndTheAddressAreBound() throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: nil, ["10.65.0.1"]))
        let frames = [
            one.frame(datagram(1, from: neighbours), from: foreignMAC),
            one.frame(datagram(2, from: address("203.0.113.7"))),
            one.frame(datagram(3), from: foreignMAC), one.frame(datagram(4)),
        ]
        #expect(try arriving(frames, from: one) == [3, 4])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 2]) == ["ip": 2])
        #expect(try host.counters()["cali1"]?.fromWorkload == CounterValue(packets: 2, bytes: 64))
        // The other endpoint is still bound to its MAC.
        let others = [
            two.frame(datagram(1, from: neighbours), from: foreignMAC), two.frame(datagram(2, from: neighbours)),
        ]
        #expect(try arriving(others, from: two) == [2])
    }

    @Test func nothingLeavesAnEndpointWhoseMACCannotBeEnforced() throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:00:00:01", ["10.65.0.1"]))
        let socket = try one.packetSocket()
        let listening = try topology.outsideSocket()
        let neighbour = try two.packetSocket()
        let hostListener = try topology.host.run { try InternetSocket.datagrams(port: 5000) }
        try socket.send(one.frame(datagram(1)))
        try socket.send(one.frame(datagram(1), from: foreignMAC))
        try socket.send(one.frame(.udp(from: own, 4000, to: neighbours, 1)))
        try socket.send(one.frame(.udp(from: own, 4000, to: address(topology.hostAddress), 5000)))
        #expect(try host.drops(of: "cali1", expecting: ["mac": 4]) == ["mac": 4])
        try neighbour.send(two.frame(datagram(2, from: neighbours)))
        let came = try listening.packets { $0.ports?.destination == 2 }
        #expect(!came.contains { $0.ports?.destination == 1 })
        #expect(hostListener.receive(within: .zero) == nil)
        // An encapsulated EUI-48 can be.
        try host.program(ResourceText.endpoint("one", "cali1", mac: "00:00:00:ff:fe:00:00:01", ["10.65.0.1"]))
        #expect(
            try arriving(
                [
                    one.frame(datagram(1)),
                    one.frame(datagram(3), from: MACAddress(rawValue: 0x0200_0000_0001)),
                    one.frame(datagram(4), from: MACAddress(rawValue: 0x0000_0000_0001)),
                ], from: one) == [4])
    }

    // MARK: DHCP

    @Test func aDHCPClientReachesTheHostWithItsOwnMACOnly() throws {
        let server = try topology.host.run { try InternetSocket.datagrams(port: 67) }
        let other = try topology.host.run { try InternetSocket.datagrams(port: 69) }
        let socket = try one.packetSocket()
        func discover(_ text: String, mac: MACAddress, _ ports: (UInt16, UInt16) = (68, 67)) throws {
            let packet = IPPacket.dhcpRequest(for: mac, ports.0, ports.1, remainder: Array(text.utf8))
            try socket.send(packet.frame(from: mac, to: Frame.broadcast))
        }
        try discover("forged", mac: foreignMAC)
        try discover("other port", mac: one.mac, (68, 69))
        try discover("honest", mac: one.mac)
        #expect(server.receive()?.text.hasSuffix("honest") == true)
        #expect(other.receive(within: .zero) == nil)
        #expect(try host.drops(of: "cali1", expecting: ["mac": 1, "ip": 1]) == ["mac": 1, "ip": 1])
    }

    @Test func aWorkloadIsNoDHCPServer() throws {
        let client = try topology.host.run { try InternetSocket.datagrams(port: 68) }
        func reply(_ target: IPAddress) -> IPPacket { .udp(from: own, 67, to: target, 68, data: [1]) }
        let socket = try one.packetSocket()
        try socket.send(one.frame(reply(outside)))
        try socket.send(reply(address("255.255.255.255")).frame(from: one.mac, to: Frame.broadcast))
        #expect(try host.drops(of: "cali1", expecting: ["dhcp": 2]) == ["dhcp": 2])
        #expect(client.receive(within: .zero) == nil)
        #expect(
            try arriving(
                [one.frame(.udp(from: own, 68, to: outside, 67)), one.frame(.udp(from: own, 67, to: outside, 69))],
                from: one) == [67, 69])
    }

    @Test func theFilterForDHCPCanBeLeftOut() throws {
        let topology = try Topology()
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let host = try ProgrammedHost(topology.host, options: DataplaneOptions(node: "host", filtersDHCP: false))
        try host.program(
            ResourceText.open, ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        let socket = try workload.packetSocket()
        let listening = try topology.outsideSocket()
        try socket.send(
            IPPacket.udp(from: address("0.0.0.0"), 68, to: address("255.255.255.255"), 67)
                .frame(from: workload.mac, to: Frame.broadcast))
        try socket.send(workload.frame(.udp(from: own, 67, to: outside, 68)))
        #expect(try listening.packets { $0.ports?.destination == 68 }.last?.source == own)
        #expect(try host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
    }
}
