import Dataplane
import DataplaneLinux
import NetworkValues
import Nftables
import Testing

/// An endpoint with networks wider than one address: all of them are its own, and nothing beside them.
struct WideNetworkTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open)
        try program("10.65.1.0/24", "2001:db8:1::/64")
    }

    private func program(_ networks: String..., mac: String? = "02:00:00:00:00:01") throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: mac, networks))
    }

    private func leaving(_ sources: String..., mac: MACAddress? = nil) throws -> [String] {
        try topology.leaving(sources, from: one, mac: mac)
    }

    @Test func everyAddressOfTheNetworkMayBeASourceAndNoOther() throws {
        #expect(
            try leaving("10.65.1.0", "10.65.2.0", "10.65.0.255", "10.65.1.77", "10.65.1.255")
                == ["10.65.1.0", "10.65.1.77", "10.65.1.255"])
        #expect(
            try leaving("2001:db8:1::", "2001:db8:1:1::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:1::7")
                == ["2001:db8:1::", "2001:db8:1::7"])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 4]) == ["ip": 4])
        #expect(try host.counters()["cali1"]?.fromWorkload.packets == 5)
    }

    @Test func theMACIsCheckedFirst() throws {
        let socket = try one.packetSocket()
        for source in ["10.65.1.7", "2001:db8:1::7"] {
            let target = address(topology.outsideAddress)
            let packet = IPPacket.udp(
                from: address(source), 1, to: source.contains(":") ? address(topology.outsideAddress6) : target, 1)
            try socket.send(one.frame(packet, from: foreignMAC))
        }
        #expect(try host.drops(of: "cali1", expecting: ["mac": 2]) == ["mac": 2])
    }

    @Test func withoutAMACTheNetworkAloneDecides() throws {
        try program("10.65.1.0/24", "2001:db8:1::/64", mac: nil)
        #expect(try leaving("10.65.2.1", "10.65.1.9", mac: foreignMAC) == ["10.65.1.9"])
        #expect(try leaving("2001:db8:2::1", "2001:db8:1::9", mac: foreignMAC) == ["2001:db8:1::9"])
        #expect(try claimed("10.65.2.9", "10.65.1.9") == ["10.65.1.9"])
    }

    @Test func theNetworkIsRoutedToTheInterface() throws {
        let socket = try one.packetSocket()
        let arriving = IPPacket.udp(from: address(topology.outsideAddress), 9, to: address("10.65.1.200"), 9)
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(arriving.frame(from: macs.outside, to: macs.host))
        // It is asked for on the link, since nobody gave its link-layer address.
        let asked = try socket.receive { ARPPacket($0)?.targetAddress == address("10.65.1.200") }
        #expect(asked != nil)
        let routes = try topology.host.ip("-4 route show proto 77", "-6 route show proto 77")
        #expect(routes.contains("10.65.1.0/24 dev cali1 scope link"))
        #expect(routes.contains("2001:db8:1::/64 dev cali1 metric 1024"))
        #expect(try host.state(of: "one").networks == [.programmed, .programmed])
    }

    /// - Parameters:
    ///   - source: The frame's own source, in place of the workload's MAC.
    ///   - sender: The same within the ARP packet.
    private func request(
        from address: String, source: MACAddress? = nil, sender: MACAddress? = nil
    ) -> Frame {
        let packet = ARPPacket(
            operation: ARPPacket.request, senderMAC: sender ?? one.mac, senderAddress: KernelTests.address(address),
            targetAddress: Skeleton.gateway)
        return Frame(from: source ?? one.mac, to: Frame.broadcast, type: EtherType.arp, payload: packet.octets)
    }

    /// The senders whose ARP requests for the gateway are answered; the last must be.
    private func claimed(_ senders: String...) throws -> [String] {
        let socket = try one.packetSocket()
        for sender in senders { try socket.send(request(from: sender)) }
        var answered: [String] = []
        _ = try socket.receive { frame in
            guard let packet = ARPPacket(frame), packet.operation == ARPPacket.reply else { return false }
            answered.append("\(packet.targetAddress)")
            return answered.last == senders.last
        }
        return answered
    }

    @Test func inARPTheNetworkIsItsOwnToClaim() throws {
        #expect(try claimed("10.65.2.7", "10.65.1.7") == ["10.65.1.7"])
        #expect(try host.drops(of: "cali1", expecting: ["arp": 1]) == ["arp": 1])
    }

    @Test func inARPTheNetworkIsClaimedWithTheOwnMACOnly() throws {
        let socket = try one.packetSocket()
        for (source, sender) in [(foreignMAC, nil), (nil, foreignMAC), (foreignMAC, foreignMAC)] {
            try socket.send(request(from: "10.65.1.8", source: source, sender: sender))
        }
        #expect(try host.drops(of: "cali1", expecting: ["arp": 3]) == ["arp": 3])
        #expect(try claimed("10.65.1.7") == ["10.65.1.7"])
        // An address probe names no sender, in a network as anywhere.
        try socket.send(request(from: "0.0.0.0", source: foreignMAC))
        #expect(try host.drops(of: "cali1", expecting: ["arp": 4]) == ["arp": 4])
    }

    @Test func anotherNetworkTakesEffectWithTheNextPacketAndKeepsTheCounters() throws {
        #expect(try leaving("10.65.1.7") == ["10.65.1.7"])
        // Overlapping what was, beside it, within it, and all at once.
        for networks in [
            ["10.65.1.0/25"], ["10.65.0.0/23"], ["10.65.1.0/26", "10.65.1.64/26"],
            ["10.65.1.128/25", "10.65.1.0/25", "10.65.1.5/32"], ["10.65.1.4/30"],
        ] {
            try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", networks))
            #expect(try leaving("10.66.1.1", "10.65.1.5") == ["10.65.1.5"], "\(networks)")
        }
        #expect(try leaving("10.65.1.3", "10.65.1.8", "10.65.1.7") == ["10.65.1.7"])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 7]) == ["ip": 7])
    }

    @Test func anAddressOfTheNetworkMayBeTranslated() throws {
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.1.0/24"], nats: [("10.65.1.9", "198.51.100.9")]))
        #expect(try leaving("10.65.1.8", "10.65.1.9") == ["10.65.1.8", "198.51.100.9"])
    }

    @Test func twoEndpointsContendForTheSameNetwork() throws {
        let two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        try host.program(ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.1.0/24"]))
        #expect(try host.state(of: "two").networks == [.conflict])
        #expect(try host.state(of: "two").reason == "10.65.1.0/24 belongs to default/one")
        host.removeEndpoint("one")
        try host.update()
        #expect(try host.state(of: "two").phase == .up)
        #expect(try topology.host.ip("route show proto 77").contains("10.65.1.0/24 dev cali2"))
        withExtendedLifetime(two) {}
    }
}
