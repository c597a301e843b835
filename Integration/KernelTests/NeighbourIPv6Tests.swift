import Dataplane
import NetworkValues
import Routing
import Testing

/// Whom the host takes an IPv6 address for, and for whom it answers.
struct NeighbourIPv6Tests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let own = address("2001:db8::1")
    private let linkLocal = address("fe80::1:2:3:4")
    private let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open)
        try program()
    }

    private func program(mac: String? = "02:00:00:00:00:01", gateway: String? = nil) throws {
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: mac, ["2001:db8::1"], more: gateway.map { "ipv6Gateway: \"\($0)\"" } ?? ""))
    }

    private func entries(_ arguments: String) throws -> [String] {
        try topology.host.ip("-6 neighbour show \(arguments)").split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }.sorted()
    }

    private let permanent = "2001:db8::1 lladdr 02:00:00:00:00:01 PERMANENT proto 77"

    // MARK: The endpoint's own addresses

    @Test func theHostKnowsItsEndpointsWithoutAsking() throws {
        #expect(try entries("dev cali1 nud permanent") == [permanent])
        let socket = try one.packetSocket()
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress6), 1, to: own, 2).frame(
                from: macs.outside, to: macs.host))
        let came = try socket.receive { IPPacket($0)?.destination == own }
        #expect(came?.destination == one.mac)
        host.removeEndpoint("one")
        try host.update()
        #expect(try entries("dev cali1 nud permanent") == [])
    }

    /// Its kernel would believe an advertisement that says so (RFC 4861 section 7.2.5).
    @Test func anAdvertisementFromElsewhereChangesNothing() throws {
        let two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        try host.program(ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["2001:db8::2"]))
        /// Solicited, overriding what is known.
        func advertisement(from source: IPAddress) -> IPPacket {
            .icmpv6(
                from: source, to: address("ff02::1"), type: 136,
                body: [0x60, 0, 0, 0] + own.octets + [2, 1] + foreignMAC.octets)
        }
        let group = MACAddress(rawValue: 0x3333_0000_0001)
        let macs = try topology.uplinkMACs()
        try one.packetSocket().send(advertisement(from: own).frame(from: one.mac, to: group))
        try two.packetSocket().send(advertisement(from: address("2001:db8::2")).frame(from: two.mac, to: group))
        try topology.outsideSocket().send(
            advertisement(from: address(topology.outsideAddress6)).frame(from: macs.outside, to: group))
        // What comes in afterwards from each shows that the kernel is past them.
        for (workload, source) in [(one, own), (two, address("2001:db8::2"))] {
            let listening = try topology.outsideSocket()
            let target = address(topology.outsideAddress6)
            try workload.packetSocket().send(workload.frame(.udp(from: source, 1, to: target, 7)))
            #expect(try listening.packets { $0.ports?.destination == 7 }.last?.source == source)
        }
        #expect(try entries("to 2001:db8::1") == ["2001:db8::1 dev cali1 lladdr 02:00:00:00:00:01 PERMANENT proto 77"])
        let socket = try one.packetSocket()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress6), 1, to: own, 2).frame(
                from: macs.outside, to: macs.host))
        #expect(try socket.receive { IPPacket($0)?.destination == own }?.destination == one.mac)
    }

    @Test func anotherMACTakesEffectWithTheNextPacket() throws {
        try program(mac: "02:00:00:00:00:99")
        #expect(
            try entries("dev cali1 nud permanent") == ["2001:db8::1 lladdr 02:00:00:00:00:99 PERMANENT proto 77"])
        let socket = try one.packetSocket()
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress6), 1, to: own, 2).frame(
                from: macs.outside, to: macs.host))
        let came = try socket.receive { IPPacket($0)?.destination == own }
        #expect(came?.destination == MACAddress(rawValue: 0x0200_0000_0099))
        // Without one the host has to ask.
        try program(mac: nil)
        #expect(try entries("dev cali1 nud permanent") == [])
    }

    // MARK: Gateways

    /// Asks for an address as workloads do, and returns the answer.
    private func answer(for target: IPAddress) throws -> IPPacket? {
        let socket = try one.packetSocket()
        // To the group of all addresses that end so, and the Ethernet group of that.
        let group = IPAddress(family: .v6, rawValue: address("ff02::1:ff00:0").rawValue | target.rawValue & 0xff_ffff)
        let solicitation = IPPacket.icmpv6(
            from: linkLocal, to: group, type: 135, body: [0, 0, 0, 0] + target.octets + [1, 1] + one.mac.octets)
        try socket.send(
            solicitation.frame(
                from: one.mac, to: MACAddress(rawValue: 0x3333_ff00_0000 | UInt64(target.rawValue & 0xff_ffff))))
        return try socket.receive { frame in
            guard let packet = IPPacket(frame), packet.icmpv6Type == 136, frame.source == one.hostMAC else {
                return false
            }
            return Array(packet.payload[8..<24]) == target.octets
        }.flatMap(IPPacket.init)
    }

    @Test(arguments: ["fe80::1", "2001:db8::ff:fe"])
    func theGatewayIsAnsweredAsARouter(gateway: String) throws {
        try program(gateway: gateway)
        #expect(try entries("proxy") == ["\(gateway) dev cali1 router proxy proto 77"])
        let advertisement = try #require(try answer(for: address(gateway)))
        // The flags of a router, and of an answer (RFC 4861 section 4.4); the last option is the host's address.
        #expect(advertisement.payload[4] & 0xc0 == 0xc0)
        #expect(Array(advertisement.payload[24...]) == [2, 1] + one.hostMAC.octets)
        // The kernel draws up to so many hundredths of a second before it answers.
        let delay = try topology.host.run {
            try Sysctl().read(SysctlKey(path: "net/ipv6/neigh/cali1/proxy_delay"))
        }
        #expect(delay == "0")
        // For no other address, the endpoint's own least of all.
        try host.program(
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["2001:db8::2"], more: "ipv6Gateway: fe80::9"))
        let socket = try one.packetSocket()
        for target in [own, address("2001:db8::2"), address("fe80::9")] {
            let group = IPAddress(
                family: .v6, rawValue: address("ff02::1:ff00:0").rawValue | target.rawValue & 0xff_ffff)
            try socket.send(
                one.frame(.icmpv6(from: linkLocal, to: group, type: 135, body: [0, 0, 0, 0] + target.octets)))
        }
        #expect(try answer(for: address(gateway)) != nil)
        let others = try socket.receive(within: .zero) { frame in
            guard let packet = IPPacket(frame), packet.icmpv6Type == 136 else { return false }
            return Array(packet.payload[8..<24]) != address(gateway).octets
        }
        #expect(others == nil)
    }

    @Test func theGatewaysEntryGoesWithTheFieldAndWithTheEndpoint() throws {
        try program(gateway: "fe80::1")
        try program(gateway: "2001:db8::ff:fe")
        #expect(try entries("proxy") == ["2001:db8::ff:fe dev cali1 router proxy proto 77"])
        try program()
        #expect(try entries("proxy") == [])
        try program(gateway: "fe80::1")
        host.removeEndpoint("one")
        try host.update()
        #expect(try entries("proxy") == [])
    }

    @Test func anEntryThatIsNoRoutersIsRepaired() throws {
        try program(gateway: "fe80::1")
        try topology.host.ip(
            "-6 neighbour del proxy fe80::1 dev cali1", "-6 neighbour add proxy fe80::1 dev cali1 proto 77")
        try host.update()
        #expect(try entries("proxy") == ["fe80::1 dev cali1 router proxy proto 77"])
    }

    @Test func foreignEntriesSurvive() throws {
        try topology.host.ip(
            "-6 neighbour add 2001:db8::9 lladdr 02:00:00:00:00:09 dev cali1 nud permanent",
            "-6 neighbour add 2001:db8::8 lladdr 02:00:00:00:00:08 dev cali1 nud permanent proto 80",
            "-6 neighbour add proxy fe80::7 dev cali1", "-6 neighbour add proxy 2001:db8::1 dev eth0")
        func foreign() throws -> [String] {
            (try entries("dev cali1") + (try entries("proxy"))).filter { !$0.contains("proto 77") }
        }
        let before = try foreign()
        #expect(before.count == 4)
        try program(gateway: "fe80::1")
        #expect(try foreign() == before)
        host.removeEndpoint("one")
        try host.update()
        #expect(try foreign() == before)
        try program(gateway: "fe80::1")
        _ = try host.cleanUp()
        #expect(try foreign() == before)
    }

    @Test func entriesFollowTheLink() throws {
        try program(gateway: "fe80::1")
        try topology.host.ip("link set cali1 down")
        try host.update()
        try topology.host.ip("link set cali1 up")
        try host.update()
        #expect(try entries("dev cali1 nud permanent") == [permanent])
        #expect(try entries("proxy") == ["fe80::1 dev cali1 router proxy proto 77"])
        #expect(try answer(for: address("fe80::1")) != nil)
    }
}
