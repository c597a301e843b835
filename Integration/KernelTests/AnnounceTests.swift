import Dataplane
import NetworkValues
import Resources
import Testing

/// External addresses in the network of the host's own link: neighbours there find them by ARP and neighbour discovery,
/// without any route.
struct AnnounceTests {
    private let topology: Topology
    private let workload: Workload

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let external: IPAddress
        let inside: IPAddress
        let outside: IPAddress

        static let both = [
            Case(
                testDescription: "IPv4", external: address("192.0.2.50"), inside: address("10.65.0.1"),
                outside: address("192.0.2.2")),
            Case(
                testDescription: "IPv6", external: address("2001:db8:ffff::50"), inside: address("2001:db8::1"),
                outside: address("2001:db8:ffff::2")),
        ]
    }

    init() throws {
        topology = try Topology(hasDefaultRoute: false)
        // The outside host knows its own network and nothing beyond.
        try topology.outside.ip("route delete default", "-6 route delete default")
        workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1", "2001:db8::1"])
        try workload.routeByGateway6()
    }

    /// - Parameter announces: `nat.announce`.
    private func host(
        announces: Bool = true, externals: [(IPAddress, IPAddress)] = Case.both.map { ($0.inside, $0.external) }
    )
        throws -> ProgrammedHost
    {
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", announcesExternals: announces))
        try host.take([ResourceText.open])
        try program(host, externals)
        return host
    }

    private func program(_ host: ProgrammedHost, _ externals: [(IPAddress, IPAddress)]) throws {
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8::1"],
                nats: externals.map { ("\"\($0.0)\"", "\"\($0.1)\"") }, more: "ipv6Gateway: fe80::1"))
    }

    private func proxies(_ link: String = "eth0") throws -> String {
        try topology.host.ip("neighbour show proxy dev \(link)")
    }

    /// What the outside host knows of the address.
    private func entry(of address: IPAddress) throws -> String {
        try topology.outside.ip("neighbour show \(address) dev eth0")
    }

    @Test(arguments: Case.both, [true, false])
    func aNeighbourFindsTheWorkloadByItsExternalAddress(_ at: Case, hasDefaultRoute: Bool) throws {
        let host = try host()
        if hasDefaultRoute {
            let gateway = at.external.family == .v4 ? topology.outsideAddress : topology.outsideAddress6
            try topology.host.ip("route add default via \(gateway)")
        }
        #expect(
            try exchange(from: topology.outside, to: at.external, at: workload.namespace, within: .seconds(5))
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.external))
        let macs = try topology.uplinkMACs()
        let entry = try entry(of: at.external)
        #expect(entry.contains("lladdr \(macs.host)"), "\(entry)")
        // The workload is no router, and its address nobody's way out.
        #expect(!entry.contains("router"), "\(entry)")
        #expect(
            try exchange(from: workload.namespace, to: at.outside, at: topology.outside)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.outside))
        #expect(try host.state(of: "one").phase == .up && host.state(of: "one").reason == "")
    }

    @Test(arguments: Case.both)
    func nobodyAnswersWhereNothingIsAnnounced(_ at: Case) throws {
        let host = try host(announces: false)
        #expect(try proxies() == "")
        #expect(try !topology.outside.pings(at.external))
        #expect(try entry(of: at.external).contains("lladdr") == false)
        #expect(host.notices == ["nat.announce is false: the network must route 2 external addresses here"])
        #expect(
            try topology.host.command(["cat", "/proc/sys/net/ipv6/conf/eth0/proxy_ndp"]).succeed().hasPrefix("0"))
    }

    /// Only what is programmed is answered for, as long as it is.
    @Test func theHostAnswersForExternalAddressesAndNothingElse() throws {
        let host = try host()
        #expect(try proxies().contains("192.0.2.50 ") && proxies().contains("2001:db8:ffff::50 "))
        let socket = try topology.outsideSocket()
        let macs = try topology.uplinkMACs()
        func asks(_ target: String) throws {
            let question = ARPPacket(
                operation: ARPPacket.request, senderMAC: macs.outside, senderAddress: address("192.0.2.2"),
                targetAddress: address(target))
            try socket.send(
                Frame(from: macs.outside, to: Frame.broadcast, type: EtherType.arp, payload: question.octets))
        }
        func answered(upTo last: String) throws -> [String] {
            var answers: [String] = []
            let answer = try socket.receive { frame in
                guard let packet = ARPPacket(frame), packet.operation == ARPPacket.reply else { return false }
                #expect(packet.senderMAC == macs.host)
                answers.append("\(packet.senderAddress)")
                return "\(packet.senderAddress)" == last
            }
            #expect(answer != nil)
            return answers
        }
        try topology.host.command(["sh", "-c", "echo 0 >/proc/sys/net/ipv4/neigh/eth0/proxy_delay"]).succeed()
        for target in ["10.65.0.1", "192.0.2.51", "169.254.1.1", "192.0.2.50", "192.0.2.1"] { try asks(target) }
        #expect(try answered(upTo: "192.0.2.1") == ["192.0.2.50", "192.0.2.1"])

        try program(host, [])
        #expect(try proxies() == "")
        for target in ["192.0.2.50", "192.0.2.1"] { try asks(target) }
        #expect(try answered(upTo: "192.0.2.1") == ["192.0.2.1"])
    }

    @Test func anAddressOfTheHostsOwnOrOfNoNetworkIsNotAnnouncedAndSaysSo() throws {
        let host = try host(externals: [
            (address("10.65.0.1"), address("192.0.2.1")), (address("2001:db8::1"), address("2001:db8:e::1")),
        ])
        #expect(try proxies() == "")
        let state = try host.state(of: "one")
        #expect(state.phase == .up)
        #expect(state.reason.contains("192.0.2.1 is an address of the host itself: not announced"))
        #expect(state.reason.contains("2001:db8:e::1 is not announced: it is in no network of the host's links"))
        // The host's own address leads to the workload all the same.
        #expect(
            try exchange(from: topology.outside, to: address("192.0.2.1"), at: workload.namespace)?.serverAsSeen
                == address("192.0.2.1"))
    }

    /// A bridge is a link as any other; its ports have no addresses.
    @Test(arguments: Case.both)
    func aBridgeAnnounces(_ at: Case) throws {
        try topology.host.ip(
            "link add br0 type bridge", "address flush dev eth0", "link set eth0 master br0", "link set br0 up",
            "address add 192.0.2.1/24 dev br0", "address add 2001:db8:ffff::1/64 dev br0 nodad")
        try topology.outside.ip("-6 neighbour flush dev eth0 nud permanent")
        let host = try host()
        #expect(
            try exchange(from: topology.outside, to: at.external, at: workload.namespace, within: .seconds(5))
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.external))
        #expect(try proxies("br0").contains("\(at.external) ") && proxies() == "")
        #expect(try host.cleanUp().count > 0)
        #expect(try proxies("br0") == "")
    }
}
