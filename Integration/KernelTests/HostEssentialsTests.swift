import Dataplane
import NetworkValues
import Testing

/// What a workload needs of its host passes whatever its policy and `endpointToHost` say; nothing beside it does.
struct HostEssentialsTests {
    private let topology: Topology
    private let one: Workload
    private let linkLocal = address("fe80::ff:fe00:1")
    private let gateway = address("fe80::1")

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try topology.host.ip("address add fe80::1/64 dev cali1 nodad")
    }

    /// The types of ICMPv6 in the order of the witness's rules: multicast listener discovery, then the discovery of
    /// routers and neighbours (RFC 2710, RFC 3810, RFC 4861).
    private static let types: [UInt8] = [130, 131, 132, 143, 133, 135, 136]

    /// Counts behind both our chains what gets to the host, a rule for each essential, then what is none.
    private func watch() throws {
        let rules =
            ["udp sport 68 udp dport 67", "udp sport 546 udp dport 547"] + Self.types.map { "icmpv6 type \($0)" }
            + [
                "udp dport 5300", "tcp dport 22", "icmpv6 type 128", "udp sport 67 udp dport 67",
                "udp sport 68 udp dport 68",
            ]
        try topology.host.nft(
            """
            table inet witness {
                chain heard {
                    type filter hook input priority 10
                    \(rules.map { "iifname \"cali1\" \($0) counter drop" }.joined(separator: "\n"))
                }
            }
            """)
    }

    private func message(_ type: UInt8) -> IPPacket {
        let own = linkLocal.octets
        let body: [UInt8] =
            switch type {
            // The solicited address, and the asking link-layer address.
            case 135: [0, 0, 0, 0] + gateway.octets + [1, 1, 2, 0, 0, 0, 0, 1]
            // Its own address, and its own link-layer address.
            case 136: [0x20, 0, 0, 0] + own + [2, 1, 2, 0, 0, 0, 0, 1]
            case 133: [0, 0, 0, 0]
            default: [0, 0, 0, 0] + address("ff02::1:ff00:1").octets
            }
        return .icmpv6(from: linkLocal, to: gateway, type: type, body: body)
    }

    private func send(from client: IPAddress, to target: IPAddress) throws {
        let socket = try one.packetSocket()
        let request = IPPacket.dhcpRequest(for: one.mac)
        try socket.send(request.frame(from: one.mac, to: Frame.broadcast))
        try socket.send(one.frame(.udp(from: linkLocal, 546, to: gateway, 547)))
        for type in Self.types { try socket.send(one.frame(message(type))) }
        for packet in [
            IPPacket.udp(from: client, 1, to: target, 5300), .tcp(from: client, 1, to: target, 22, flags: 2),
            .echoRequest(from: linkLocal, to: gateway, identifier: 1), .udp(from: client, 67, to: target, 67),
            .udp(from: client, 68, to: target, 68),
        ] {
            try socket.send(one.frame(packet))
        }
    }

    @Test(arguments: [(["open"], false), ([], false), ([], true), (["open"], true)])
    func essentialsPassAndTheRestFollowsPolicyAndSettings(profiles: [String], accepts: Bool) throws {
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", acceptsEndpointToHost: accepts))
        try host.program(
            ResourceText.open,
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], profiles: profiles))
        try watch()
        try send(from: address("10.65.0.1"), to: address(topology.hostAddress))
        let isOpen = accepts && !profiles.isEmpty
        let expected = Array(repeating: 1, count: 9) + Array(repeating: isOpen ? 1 : 0, count: 5)
        #expect(try host.counts(in: "heard", table: "inet witness", expecting: expected) == expected)
        // Whichever of the two refused the rest has counted it.
        let drops = isOpen ? [:] : [profiles.isEmpty ? "policy-from" : "host": 5]
        #expect(try host.drops(of: "cali1", expecting: drops) == drops)
        #expect(try host.counts(in: "heard", table: "inet witness") == expected)
    }
}
