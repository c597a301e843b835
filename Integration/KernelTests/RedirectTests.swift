import NetworkValues
import Routing
import Testing

/// No endpoint is told of a shorter way past the host; whoever else would be still is.
struct RedirectTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        // A redirect of IPv6 has a link-local source, and the kernel sends none to whom it would have to ask for first.
        try topology.host.ip(
            "address add fe80::1:1/64 dev eth0 nodad", "address add fe80::1:2/64 dev cali1 nodad",
            "neighbour add 192.0.2.3 lladdr 02:00:00:00:ff:02 dev eth0",
            "neighbour add 2001:db8:ffff::3 lladdr 02:00:00:00:ff:02 dev eth0",
            "neighbour add 2001:db8:ffff::4 lladdr 02:00:00:00:ff:02 dev eth0")
        // A namespace takes this parameter over from the machine, which may have it switched off.
        try topology.host.run {
            for name in ["all", "eth0", "cali1"] {
                try Sysctl().write("1", to: SysctlKey(path: "net/ipv4/conf/\(name)/send_redirects"))
            }
        }
        // Behind NAT, which itself drops the redirects of translated flows and of every IPv4 flow's first packet
        // (nf_nat_icmp_reply_translation), and before the filter.
        try topology.host.nft(
            """
            table inet witness {
                chain redirects {
                    type filter hook output priority -50; policy accept
                    icmp type redirect counter
                    icmpv6 type nd-redirect counter
                }
            }
            """)
        host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01",
                ["10.65.0.1", "10.65.0.3", "2001:db8::1", "2001:db8::3"]))
    }

    private func isRedirect(_ packet: IPPacket) -> Bool { packet.icmpType == 5 || packet.icmpv6Type == 137 }

    /// Sends the packet over and over until the kernel redirects its sender.
    private func provoke(_ send: () throws -> Void) throws {
        func redirects() throws -> Int {
            try send()
            return try host.counts(in: "redirects", table: "inet witness").reduce(0, +)
        }
        #expect(try eventually(until: { $0 > 0 }, redirects) > 0)
    }

    /// Two addresses behind one interface: what one sends to the other goes back to where it came from.
    @Test(arguments: [("10.65.0.1", "10.65.0.3"), ("2001:db8::1", "2001:db8::3")])
    func anEndpointIsNotRedirected(source: String, target: String) throws {
        let socket = try one.packetSocket()
        func packet(_ port: UInt16) -> IPPacket { .udp(from: address(source), 7, to: address(target), port) }
        try provoke { try socket.send(one.frame(packet(1))) }
        try socket.send(one.frame(packet(2)))
        // Back from the host, with one hop less.
        let packets = try socket.packets { $0.ports?.destination == 2 && $0.hopLimit == 63 }
        #expect(packets.contains { $0.ports?.destination == 1 && $0.hopLimit == 63 })
        #expect(!packets.contains(where: isRedirect), "\(packets)")
    }

    @Test(arguments: [("192.0.2.3", "203.0.113.5"), ("2001:db8:ffff::3", "2001:db8:ffff::4")])
    func aNeighbourOfTheHostIs(source: String, target: String) throws {
        let socket = try topology.outsideSocket()
        let macs = try topology.uplinkMACs()
        try provoke {
            try socket.send(
                IPPacket.udp(from: address(source), 7, to: address(target), 1)
                    .frame(from: macs.outside, to: macs.host))
        }
        let redirect = try socket.receive { IPPacket($0).map(isRedirect) ?? false }
        #expect(redirect.flatMap(IPPacket.init)?.destination == address(source))
    }
}
