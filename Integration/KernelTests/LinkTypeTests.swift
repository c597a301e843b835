import Dataplane
import DataplaneLinux
import NetworkValues
import Routing
import Testing

/// Endpoints on interfaces without Ethernet frames, and with addresses of other lengths.
struct LinkTypeTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let tun: TunDevice
    private static let mac = "02:00:00:00:00:01"
    private static let own = ["10.65.0.1", "2001:db8:65::1"]
    private static let foreign = ["10.65.0.2", "2001:db8:65::2"]

    /// Without any address (a TUN device as it is made, and what it makes of IEEE 1394 and InfiniBand), four octets
    /// (an IP tunnel), eight (IEEE 802.15.4), sixteen (an IPv6 tunnel). The kernel makes no other with twenty.
    static let types: [(number: Int32, name: String)] = [
        (65534, "link/none (no addresses)"), (24, "link/ieee1394 (no addresses)"),
        (32, "link/infiniband (no addresses)"), (768, "link/ipip (4-octet addresses)"),
        (804, "link/ieee802.15.4 (8-octet addresses)"), (823, "link/gre6 (16-octet addresses)"),
    ]

    init() throws {
        topology = try Topology()
        host = try ProgrammedHost(topology.host)
        tun = try TunDevice("cali1", .tun, in: topology.host)
    }

    private func program(_ type: Int32, mac: String?) throws {
        try tun.set(hardwareType: type)
        try topology.host.ip("link set cali1 up")
        try host.program(ResourceText.open, ResourceText.endpoint("one", "cali1", mac: mac, Self.own))
    }

    private func outside(_ family: IPFamily) -> IPAddress {
        address(family == .v4 ? topology.outsideAddress : topology.outsideAddress6)
    }

    /// The sources of the datagrams that get outside when the endpoint sends one from each; the last must.
    private func leaving(_ sources: [String]) throws -> [String] {
        let listening = try topology.outsideSocket()
        for (index, source) in sources.map(address).enumerated() {
            try tun.send(.udp(from: source, 4000, to: outside(source.family), UInt16(index + 1)))
        }
        return try listening.packets { $0.ports?.destination == UInt16(sources.count) }
            .filter { $0.ports?.source == 4000 }.map { "\($0.source)" }
    }

    @Test(arguments: types)
    func withoutAMACAddressesAreFiltered(type: (number: Int32, name: String)) throws {
        try program(type.number, mac: nil)
        let state = try host.state(of: "one")
        #expect(state.phase == .up && state.filter == .absent && state.reason == "")
        #expect(try leaving(Self.foreign + Self.own) == Self.own)
        #expect(try host.drops(of: "cali1", expecting: ["ip": 2]) == ["ip": 2])
        // And back.
        let macs = try topology.uplinkMACs()
        let sending = try topology.outsideSocket()
        for target in Self.own.map(address) {
            let packet = IPPacket.udp(from: outside(target.family), 53, to: target, 4000)
            try sending.send(packet.frame(from: macs.outside, to: macs.host))
            #expect(try tun.receive { $0.ports?.source == 53 }?.destination == target)
        }
    }

    @Test(arguments: types)
    func withAMACNothingLeavesUntilItIsEthernet(type: (number: Int32, name: String)) throws {
        try program(type.number, mac: Self.mac)
        let state = try host.state(of: "one")
        #expect(state.phase == .blocked && state.filter == .unenforceable)
        #expect(state.reason.hasPrefix("cali1 is \(type.name), without Ethernet frames, so MAC \(Self.mac)"))
        for family in IPFamily.allCases {
            try tun.send(.udp(from: address(Self.own[family == .v4 ? 0 : 1]), 4000, to: outside(family), 1))
        }
        #expect(try host.drops(of: "cali1", expecting: ["mac": 2]) == ["mac": 2])
        // Nothing leads to it either, and the kernel was asked for nothing that it refuses.
        #expect(try topology.host.ip("neighbour show dev cali1 nud permanent") == "")
        #expect(try topology.host.ip("-4 route show dev cali1 proto 77", "-6 route show dev cali1 proto 77") == "")

        try topology.host.ip("link delete cali1")
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: Self.mac)
        // A link just made may take a moment to have its carrier.
        func phase() throws -> EndpointState.Phase {
            try host.update()
            return try host.state(of: "one").phase
        }
        #expect(try eventually(.up, phase) == .up)
        #expect(try topology.leaving(Self.own, from: workload) == Self.own)
    }

    /// The filter was programmed for Ethernet, and the kernel has told nobody yet that it is none.
    @Test func nothingLeavesBeforeTheLinkIsLookedAt() throws {
        try host.program(ResourceText.open, ResourceText.endpoint("one", "cali9", mac: Self.mac, Self.own))
        #expect(try host.state(of: "one").filter == .enforced)
        let late = try TunDevice("cali9", .tun, in: topology.host)
        try topology.host.ip("link set cali9 up")
        try late.send(.udp(from: address(Self.own[0]), 4000, to: outside(.v4), 1))
        try late.send(.udp(from: address(Self.own[1]), 4000, to: outside(.v6), 1))
        #expect(try host.drops(of: "cali9", expecting: ["mac": 2]) == ["mac": 2])
    }

    /// A TUN device that calls itself Ethernet has no frames all the same.
    @Test func aTunnelThatCallsItselfEthernetIsNone() throws {
        try program(1, mac: Self.mac)
        let state = try host.state(of: "one")
        #expect(state.phase == .blocked && state.filter == .unenforceable)
        #expect(state.reason.hasPrefix("cali1 is link/ether (a TUN device), without Ethernet frames"))
    }

    /// A TAP device has Ethernet frames, and resolves its neighbours, whatever type it claims.
    @Test func foreignKindsOfARPAreDropped() throws {
        let tap = try TunDevice("cali2", .tap, in: topology.host)
        try tap.set(hardwareType: 804)
        try topology.host.ip("link set cali2 up")
        try host.program(ResourceText.open, ResourceText.endpoint("two", "cali2", mac: nil, ["10.65.0.9"]))
        let state = try host.state(of: "two")
        #expect(state.phase == .up && state.filter == .absent)
        #expect(
            state.reason
                == "cali2 is link/ieee802.15.4 (8-octet addresses): its ARP is dropped, so IPv4 reaches it only "
                + "by neighbour entries that you add")
        let target = Array(address("169.254.1.1").octets)
        let request: [UInt8] =
            [3, 36, 8, 0, 8, 4, 0, 1] + [2, 0, 0, 0, 0, 0, 0, 1] + address("10.65.0.9").octets
            + [UInt8](repeating: 0, count: 8) + target
        try tap.send(
            Frame(
                from: MACAddress(rawValue: 0x0200_0000_0001), to: Frame.broadcast, type: EtherType.arp,
                payload: request))
        #expect(try host.drops(of: "cali2", expecting: ["arp": 1]) == ["arp": 1])
    }

    /// What no device here has: the address of an IP-over-InfiniBand interface.
    @Test func anAddressOfTwentyOctetsIsOne() {
        let link = Link(
            index: 7, name: "ib0", flags: [.up, .running], hardwareAddress: [UInt8](repeating: 1, count: 20),
            hardwareType: 32)
        let layer = InterfaceState(link).layer
        #expect("\(layer)" == "link/infiniband (20-octet addresses)")
        #expect(!layer.isEthernet && layer.resolvesNeighbours)
        #expect(MACFilter(.eui48(MACAddress(rawValue: 1)), on: layer) == .unenforceable(.link(layer)))
    }
}
