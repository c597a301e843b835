import Dataplane
import NetworkValues
import Testing

/// Flows that run already end with the address that they ran by, and no others do. conntrack(8) says which are left, and
/// packets say what that means.
struct FlowAddressTests: PolicySuite {
    let scene: PolicyScene
    private let host: ProgrammedHost

    init() throws {
        scene = try PolicyScene()
        try scene.topology.outside.answerNothing()
        host = try ProgrammedHost(scene.topology.host)
        try host.program(ResourceText.open)
        try give(one: Self.all, two: Self.twos)
    }

    private static let all = ["10.65.0.1", "10.65.0.3", "2001:db8:65::1", "2001:db8:65::3"]
    private static let twos = ["10.65.0.2", "2001:db8:65::2"]

    private func give(
        one: [String], two: [String], mac: String = "02:00:00:00:00:01", profiles: [String] = ["open"],
        more: String = ""
    ) throws {
        try host.program(
            ResourceText.endpoint("one", "cali1", mac: mac, one, profiles: profiles, more: more),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", two, profiles: profiles))
    }

    /// The addresses of one family.
    struct Addresses: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let own: IPAddress
        let second: IPAddress
        let neighbours: IPAddress
        let outside: IPAddress
        let host: IPAddress

        static let both = [
            Addresses("IPv4", "10.65.0.", "192.0.2."), Addresses("IPv6", "2001:db8:65::", "2001:db8:ffff::"),
        ]

        private init(_ name: String, _ inside: String, _ outside: String) {
            testDescription = name
            (own, second, neighbours) = (address(inside + "1"), address(inside + "3"), address(inside + "2"))
            (host, self.outside) = (address(outside + "1"), address(outside + "2"))
        }
    }

    /// Sends packets one after the other; each must arrive.
    private func pass(_ packets: (PolicyScene.Way, IPPacket)...) throws {
        for (way, packet) in packets {
            #expect(try arriving([packet], way, expecting: [0]) == [0], "\(packet)")
        }
    }

    /// Flows in both directions, of several protocols, of every address, each answered; returns them as conntrack lists
    /// them, those of the first address first.
    private func openFlows(_ at: Addresses) throws -> (own: [String], others: [String]) {
        let (icmp, ping) = (at.own.family == .v4 ? "icmp" : "icmpv6", IPPacket.echoRequest)
        let inbound = datagram(at.outside, at.own, 7)
        let outbound = datagram(at.own, at.outside, 8)
        let between = datagram(at.own, at.neighbours, 9)
        let echo = ping(at.outside, at.own, 77, [1, 2, 3, 4])
        let open = IPPacket.tcp(from: at.outside, 4000, to: at.own, 80, flags: 2)
        let acknowledged = IPPacket.tcp(
            from: at.outside, 4000, to: at.own, 80, flags: 16, sequence: 2, acknowledgement: 2)
        try pass(
            (.fromOutside, inbound), (.toOutside, inbound.answer), (.toOutside, outbound),
            (.fromOutside, outbound.answer), (.betweenWorkloads, between), (.back, between.answer),
            (.fromOutside, echo), (.toOutside, echo.echoReply), (.fromOutside, open), (.toOutside, open.answer),
            (.fromOutside, acknowledged))
        let second = datagram(at.outside, at.second, 10)
        try pass((.fromOutside, second), (.toOutside, second.answer))
        // From and to the other endpoint, which this one's end must not touch.
        let two = try scene.two.packetSocket()
        let theirs = datagram(at.outside, at.neighbours, 12)
        try scene.topology.outsideSocket().send(frameFromOutside(theirs))
        #expect(try two.receive { IPPacket($0)?.ports?.destination == 12 } != nil)
        try two.send(scene.two.frame(theirs.answer))
        let own = [
            "\(icmp) \(at.outside) > \(at.own)", "tcp \(at.outside) > \(at.own):80", "udp \(at.outside) > \(at.own):7",
            "udp \(at.own) > \(at.neighbours):9", "udp \(at.own) > \(at.outside):8",
        ]
        let others = ["udp \(at.outside) > \(at.neighbours):12", "udp \(at.outside) > \(at.second):10"]
        #expect(try eventually((own + others).sorted(), flows) == (own + others).sorted())
        return (own.sorted(), others.sorted())
    }

    private func frameFromOutside(_ packet: IPPacket) throws -> Frame {
        let macs = try scene.topology.uplinkMACs()
        return packet.frame(from: macs.outside, to: macs.host)
    }

    private func flows() throws -> [String] { try scene.topology.host.flows() }

    @Test(arguments: Addresses.both)
    func anAddressThatGoesTakesExactlyItsFlowsAlong(_ at: Addresses) throws {
        let (_, others) = try openFlows(at)
        try give(one: Self.all.filter { $0 != "\(at.own)" }, two: Self.twos)
        #expect(try flows() == others)
        // The second address' flow was not judged again: it goes on although policy denies it now.
        try give(one: Self.all.filter { $0 != "\(at.own)" }, two: Self.twos, profiles: [])
        let running = datagram(at.outside, at.second, 10)
        try pass((.fromOutside, running), (.toOutside, running.answer))
        // The one that ended is a new one, should the address come back.
        try give(one: Self.all, two: Self.twos, profiles: [])
        #expect(try arriving([datagram(at.outside, at.own, 7)], .fromOutside, expecting: []) == [])
    }

    @Test(arguments: Addresses.both)
    func aRemovedEndpointsFlowsEndInBothDirections(_ at: Addresses) throws {
        let (_, others) = try openFlows(at)
        host.removeEndpoint("one")
        try host.update()
        #expect(try flows() == others.filter { $0.contains("\(at.neighbours)") })
    }

    /// What the former owner's peers took for established would reach the next one, whatever its policy says.
    @Test(arguments: Addresses.both)
    func anAddressThatMovesBringsNoFlows(_ at: Addresses) throws {
        let (_, others) = try openFlows(at)
        try give(one: Self.all.filter { $0 != "\(at.own)" }, two: Self.twos + ["\(at.own)"], profiles: [])
        #expect(try flows() == others)
        let two = try scene.two.packetSocket()
        try scene.topology.outsideSocket().send(frameFromOutside(datagram(at.outside, at.own, 7)))
        #expect(try host.drops(of: "cali2", expecting: ["policy-to": 1]) == ["policy-to": 1])
        #expect(try two.receive(within: .zero) { IPPacket($0)?.destination == at.own } == nil)
    }

    @Test func anotherMACEndsNothing() throws {
        _ = try openFlows(Addresses.both[0])
        let before = try scene.topology.host.flowIDs()
        try give(one: Self.all, two: Self.twos, mac: "02:00:00:00:00:91")
        #expect(try scene.topology.host.flowIDs() == before)
        // Nor do more addresses, or other profiles.
        try give(one: Self.all + ["10.65.0.4"], two: Self.twos, profiles: [])
        #expect(try scene.topology.host.flowIDs() == before)
        // Nor does a workload that is restarted.
        try scene.topology.host.ip("link set cali1 down")
        try host.update()
        try scene.topology.host.ip("link set cali1 up")
        try host.update()
        #expect(try scene.topology.host.flowIDs() == before)
    }

    /// Each is named by what the kernel itself says of it.
    @Test func flowsOfEveryProtocolEnd() throws {
        // The checksum of SCTP (CRC32c) is not what this is about.
        try scene.topology.host.command(["sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0"]).succeed()
        func packet(_ number: UInt8, _ payload: [UInt8]) -> IPPacket {
            IPPacket(source: outside, destination: own, protocol: number, payload: payload)
        }
        let initiation: [UInt8] =
            UInt16(4000).octets + UInt16(5000).octets + [0, 0, 0, 0, 0, 0, 0, 0]
            + [1, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0x10, 0, 0, 1, 0, 1, 0, 0, 0, 1]
        try pass(
            (.fromOutside, packet(132, initiation)), (.fromOutside, packet(47, [0, 0, 8, 0, 1, 2, 3, 4])),
            (.fromOutside, packet(50, [0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4])), (.fromOutside, packet(99, [1, 2, 3, 4])))
        let running = try flows()
        #expect(
            running == [
                "gre 192.0.2.2 > 10.65.0.1", "protocol 50 192.0.2.2 > 10.65.0.1", "protocol 99 192.0.2.2 > 10.65.0.1",
                "sctp 192.0.2.2 > 10.65.0.1:5000",
            ])
        host.removeEndpoint("one")
        try host.update()
        #expect(try flows() == [])
    }

    /// Somebody tracks the packets of an interface in a zone of its own, as overlay networks are wont to.
    @Test func flowsInAZoneEndToo() throws {
        try scene.topology.host.nft(
            "table inet zones { chain raw { type filter hook prerouting priority -300; "
                + "iifname \"eth0\" ct zone set 7; }; }")
        try pass((.fromOutside, datagram(outside, own, 7)))
        #expect(try scene.topology.host.command(["conntrack", "-L"]).succeed().contains("zone=7"))
        host.removeEndpoint("one")
        try host.update()
        #expect(try flows() == [])
    }

    /// A network of many addresses: its flows end with it, but for those of an address within that is another's.
    @Test(arguments: [true, false])
    func aWideNetworksFlowsEndWithIt(interfaceGoesFirst: Bool) throws {
        try give(one: ["10.65.0.0/16", "2001:db8:65::/64"], two: Self.twos)
        let inside = address("10.65.7.7")
        let inside6 = address("2001:db8:65::7:7")
        let outside6 = address("2001:db8:ffff::2")
        let flow = datagram(outside, inside, 7)
        let flow6 = datagram(inside6, outside6, 8)
        let theirs = datagram(outside, neighbours, 12)
        try scene.topology.host.ip(
            "neighbour add \(inside) lladdr 02:00:00:00:00:01 dev cali1 nud permanent")
        try pass((.fromOutside, flow), (.toOutside, flow.answer), (.toOutside, flow6))
        let two = try scene.two.packetSocket()
        try scene.topology.outsideSocket().send(frameFromOutside(theirs))
        #expect(try two.receive { IPPacket($0)?.ports?.destination == 12 } != nil)
        let before = ["udp 2001:db8:65::7:7 > 2001:db8:ffff::2:8", "udp 192.0.2.2 > 10.65.7.7:7"]
        #expect(try flows() == (before + ["udp 192.0.2.2 > 10.65.0.2:12"]).sorted())
        if interfaceGoesFirst {
            try scene.topology.host.ip("link delete cali1")
            try host.update()
            // The workload may come back.
            #expect(try flows().count == 3)
        }
        host.removeEndpoint("one")
        try host.update()
        #expect(try flows() == ["udp 192.0.2.2 > 10.65.0.2:12"])
    }

    /// Prefixes that an endpoint may use beside its own networks are no addresses of it.
    @Test func spoofedPrefixesEndNothing() throws {
        let spoofing = "allowSpoofedSourcePrefixes: [0.0.0.0/0]"
        try give(one: Self.all, two: Self.twos, more: spoofing)
        _ = try openFlows(Addresses.both[0])
        let before = try scene.topology.host.flowIDs()
        try give(one: Self.all, two: Self.twos)
        #expect(try scene.topology.host.flowIDs() == before)
    }

    /// An agent that was not there when the address went finds it in the kernel, and nothing else.
    @Test func anotherAgentEndsTheFlowsOfWhatIsGoneWhenItComes() throws {
        let (_, others) = try openFlows(Addresses.both[0])
        let later = try ProgrammedHost(scene.topology.host)
        try later.program(
            ResourceText.open,
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", Self.all.filter { $0 != "10.65.0.1" }),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", Self.twos))
        #expect(try flows() == others)
    }
}
