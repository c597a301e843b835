import Dataplane
import NetworkValues
import Testing

/// What of DHCP for IPv4 passes the source filter without an address of the endpoint's own: a client's first words, and
/// nothing that only looks like them.
struct DHCPFilterTests {
    private let scene: SourceScene
    private let own = address("10.65.0.1")
    private static let unspecified = "0.0.0.0"
    private static let everybody = "255.255.255.255"
    private var one: Workload { scene.one }

    init() throws {
        scene = try SourceScene()
    }

    private func discover(
        from source: String = unspecified, _ sourcePort: UInt16 = 68, to target: String = everybody,
        _ targetPort: UInt16 = 67, for client: MACAddress? = nil
    ) -> IPPacket {
        .dhcpRequest(for: client ?? one.mac, from: source, sourcePort, to: target, targetPort)
    }

    @Test func aClientWithoutAnAddressAsksEverybody() throws {
        #expect(try scene.verdicts(discover()) == ["passed"])
        #expect(try scene.verdicts([one.frame(discover(), from: SourceScene.foreignMAC)]) == ["mac"])
        // As one that has its address, it asks whom it likes.
        #expect(
            try scene.verdicts(
                discover(from: "10.65.0.1"), discover(from: "10.65.0.1", to: scene.topology.hostAddress))
                == ["passed", "passed"])
    }

    /// A server gives its addresses to whom the message names, not to the frame's sender.
    @Test func aClientAsksForItselfOnly() throws {
        let short = IPPacket.udp(
            from: address(Self.unspecified), 68, to: address(Self.everybody), 67, data: [1, 1, 6, 0])
        #expect(
            try scene.verdicts(discover(for: SourceScene.foreignMAC), discover(for: scene.two.mac), short, discover())
                == ["dhcp", "dhcp", "dhcp", "passed"])
        // A relay speaks for others, under its own address (RFC 2131 section 4.1).
        #expect(
            try scene.verdicts(
                discover(from: "10.65.0.1", 67, to: scene.topology.hostAddress, for: SourceScene.foreignMAC)) == [
                    "passed"
                ])
    }

    @Test func whatOnlyLooksLikeAClientIsAForeignSource() throws {
        let host = scene.topology.hostAddress
        let others = [
            discover(from: "10.65.0.2"), discover(from: "203.0.113.7"), discover(to: host),
            discover(to: "192.0.2.255"), discover(to: scene.topology.outsideAddress),
            discover(67), discover(69), discover(69, 67), discover(68, 69), discover(68, 53),
            IPPacket.tcp(from: address(Self.unspecified), 68, to: address(Self.everybody), 67, flags: 2),
        ]
        #expect(try scene.verdicts(others) == Array(repeating: "ip", count: others.count))
    }

    @Test func whatOnlyLooksLikeAServerPasses() throws {
        let outside = address(scene.topology.outsideAddress)
        #expect(
            try scene.verdicts(
                .udp(from: own, 67, to: outside, 68), .udp(from: own, 69, to: outside, 68),
                .udp(from: own, 67, to: outside, 67), .tcp(from: own, 67, to: outside, 68, flags: 2))
                == ["dhcp", "passed", "passed", "passed"])
    }

    /// Whoever answers the host's own client on its uplink is none of ours.
    @Test(arguments: [(67, 68), (547, 546)] as [(UInt16, UInt16)])
    func aServerBeyondTheUplinkIsHeard(server: UInt16, client: UInt16) throws {
        let hearing = try scene.topology.host.run { try InternetSocket.datagrams(port: client) }
        let answering = try scene.topology.outside.run { try InternetSocket.datagrams(port: server) }
        let host = client == 68 ? scene.topology.hostAddress : scene.topology.hostAddress6
        try answering.send("answer", to: address(host), port: client)
        #expect(hearing.receive()?.text == "answer")
    }

    @Test func withoutAMACAnyClientAsksAndNoServerAnswers() throws {
        try scene.program(mac: nil)
        for mac in [one.mac, SourceScene.foreignMAC] {
            let packets = [
                discover(), discover(from: "10.65.0.2"), .udp(from: own, 67, to: address(Self.everybody), 68),
                .udp(from: SourceScene.own, 547, to: scene.outside, 546),
            ]
            #expect(
                try scene.verdicts(packets.map { one.frame($0, from: mac) }) == ["passed", "ip", "dhcp", "dhcp"])
        }
    }

    /// With sources that it may use beside its own, a workload is no server either.
    @Test func aServersAnswerFromASpoofedSourceIsDropped() throws {
        try scene.program(more: "allowSpoofedSourcePrefixes: [\"172.20.0.0/16\", \"2001:db8:20::/48\"]")
        let sources = (address("172.20.0.1"), address("2001:db8:20::1"))
        let outside = address(scene.topology.outsideAddress)
        #expect(
            try scene.verdicts(
                .udp(from: sources.0, 67, to: outside, 68), .udp(from: sources.1, 547, to: scene.outside, 546),
                .udp(from: sources.0, 67, to: outside, 69), .udp(from: sources.1, 547, to: scene.outside, 548))
                == ["dhcp", "dhcp", "passed", "passed"])
    }

    /// The ports stand in the first fragment; the second is nothing without it.
    @Test func theFirstFragmentOfAServersAnswerIsDropped() throws {
        var first = IPPacket.udp(
            from: own, 67, to: address(scene.topology.outsideAddress), 68, data: [UInt8](repeating: 1, count: 24))
        first.payload = Array(first.payload[..<16])
        first.fragment = (78, 0, true)
        #expect(try scene.verdicts(first) == ["dhcp"])
    }

    /// Its data are no ports, whatever they are.
    @Test func aLaterFragmentOfADatagramIsNoServersAnswer() throws {
        var later = IPPacket.udp(
            from: own, 67, to: address(scene.topology.outsideAddress), 68, data: [UInt8](repeating: 1, count: 24))
        later.fragment = (78, 16, false)
        #expect(try scene.verdicts(later) == ["passed"])
    }
}
