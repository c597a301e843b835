import Dataplane
import NetworkValues
import Routing
import Testing

/// What IPv6 itself sends from sources of its own (solicitations, listener reports, DHCP), and what no workload may.
struct ControlIPv6Tests {
    private let scene: SourceScene
    private let own = SourceScene.own
    private let linkLocal = SourceScene.linkLocal
    private let unspecified = address("::")
    private let allNodes = address("ff02::1")
    private let allRouters = address("ff02::2")
    private let servers = address("ff02::1:2")
    private var one: Workload { scene.one }

    init() throws {
        scene = try SourceScene()
    }

    /// One report of a listener (RFC 3810 section 5.2), behind the router alert that it must have.
    private func report(from source: IPAddress) -> IPPacket {
        let group = [0, 0, 0, 1, 4, 0, 0, 0] + address("ff02::1:ff00:1").octets
        return IPPacket.icmpv6(from: source, to: address("ff02::16"), type: 143, body: group).behind(.hopByHop)
    }

    /// A solicitation that asks whether anybody has the endpoint's address (RFC 4862 section 5.4.2), as Linux sends it:
    /// with a nonce (RFC 7527).
    private var duplicateDetection: IPPacket {
        .icmpv6(
            from: unspecified, to: address("ff02::1:ff00:1"), type: 135,
            body: [0, 0, 0, 0] + own.octets + [14, 1, 1, 2, 3, 4, 5, 6])
    }

    private func routerSolicitation(from source: IPAddress) -> IPPacket {
        .icmpv6(from: source, to: allRouters, type: 133)
    }

    // MARK: Sources of its own

    @Test func aLinkLocalSourcePassesWithTheOwnMACOnly() throws {
        for source in [linkLocal, address("fe80::"), address("fe80::ffff:ffff:ffff:ffff")] {
            let packets = [
                IPPacket.udp(from: source, 1, to: servers, 2),
                .echoRequest(from: source, to: address("fe80::1"), identifier: 1),
                routerSolicitation(from: source), report(from: source),
            ]
            #expect(try scene.verdicts(packets) == Array(repeating: "passed", count: packets.count))
            let forged = packets.map { one.frame($0, from: SourceScene.foreignMAC) }
            #expect(try scene.verdicts(forged) == Array(repeating: "mac", count: packets.count))
        }
    }

    /// The bits between fe80 and the interface's identifier are zero in every link-local address.
    @Test(arguments: ["fe80:0:0:1::1", "fe80:1::1", "fe81::1", "febf:ffff::1", "fe7f:ffff::1", "fe40::1"])
    func noOtherSourceIsLinkLocal(source: String) throws {
        let source = address(source)
        #expect(
            try scene.verdicts(
                .udp(from: source, 1, to: scene.outside, 2),
                .echoRequest(from: source, to: scene.outside, identifier: 1), routerSolicitation(from: source)
            ) == ["ip", "ip", "ip"])
    }

    @Test func theUnspecifiedSourceIsForNeighbourDiscoveryAndListenerReports() throws {
        let packets = [duplicateDetection, routerSolicitation(from: unspecified), report(from: unspecified)]
        #expect(try scene.verdicts(packets) == ["passed", "passed", "passed"])
        let forged = packets.map { one.frame($0, from: SourceScene.foreignMAC) }
        #expect(try scene.verdicts(forged) == ["mac", "mac", "mac"])
        #expect(
            try scene.verdicts(
                .udp(from: unspecified, 546, to: servers, 547), .udp(from: unspecified, 1, to: scene.outside, 2),
                .tcp(from: unspecified, 1, to: scene.outside, 2, flags: 2),
                IPPacket.udp(from: unspecified, 1, to: scene.outside, 2).behind(.hopByHop)
            ) == ["ip", "ip", "ip", "ip"])
    }

    /// Queries, reports and leave-takings of both versions (RFC 2710, RFC 3810).
    @Test(arguments: [130, 131, 132, 143] as [UInt8])
    func multicastListenersAreHeardWithTheOwnMACOnly(type: UInt8) throws {
        let group = address("ff02::1:ff00:1")
        for source in [linkLocal, unspecified, own] {
            let packet = IPPacket.icmpv6(from: source, to: group, type: type, body: [0, 0, 0, 0] + group.octets)
                .behind(.hopByHop)
            #expect(
                try scene.verdicts([one.frame(packet), one.frame(packet, from: SourceScene.foreignMAC)])
                    == ["passed", "mac"])
        }
    }

    // MARK: Routers' messages

    /// As routers send them, of which a workload is none.
    private func routersMessages(from source: IPAddress) -> [IPPacket] {
        [
            .icmpv6(from: source, to: allNodes, type: 134, body: [64, 0, 7, 8] + [UInt8](repeating: 0, count: 8)),
            .icmpv6(
                from: source, to: SourceScene.neighbours, type: 137,
                body: [0, 0, 0, 0] + source.octets + scene.outside.octets),
        ]
    }

    @Test(arguments: ["fe80::1:2:3:4", "2001:db8::1", "2001:db8::2", "fe80::1", "::"])
    func aWorkloadIsNoRouter(source: String) throws {
        for packet in routersMessages(from: address(source)) {
            let packets = [
                packet, packet.behind(.hopByHop), packet.behind(.destinationOptions),
                packet.behind(.destinationOptions).behind(.hopByHop),
            ]
            #expect(try scene.verdicts(packets) == ["ra", "ra", "ra", "ra"])
            #expect(try scene.verdicts([one.frame(packet, from: SourceScene.foreignMAC)]) == ["mac"])
        }
        #expect(try scene.verdicts(.echoRequest(from: own, to: scene.outside, identifier: 1)) == ["passed"])
        #expect(try scene.host.drops(of: "cali2") == [:])
    }

    @Test func theFirstFragmentOfARoutersMessageIsDroppedSoThatTheOthersAreNothing() throws {
        for packet in routersMessages(from: own) {
            #expect(try scene.verdicts(packet.fragments(at: 8).first) == ["ra"])
        }
    }

    /// The type stands in the second fragment, which by itself does not say what it is a part of.
    @Test func aRoutersMessageHiddenByFragmentsIsNeverWhole() throws {
        let hidden = (routersMessages(from: own) + routersMessages(from: linkLocal)).map {
            $0.behind(.destinationOptions)
        }
        for packet in hidden {
            let parts = packet.fragments(at: 8)
            #expect(try scene.verdicts(parts.first, parts.second) == ["nd", "nd"])
        }
        let reply = IPPacket.udp(from: own, 547, to: address(scene.topology.hostAddress6), 546)
        let parts = reply.behind(.destinationOptions).fragments(at: 8)
        #expect(try scene.verdicts(parts.first, parts.second) == ["nd", "nd"])
        // What says so passes: the parts of a great ping.
        let ping = IPPacket.echoRequest(from: own, to: scene.outside, identifier: 1).fragments(at: 16)
        #expect(try scene.verdicts(ping.first, ping.second) == ["passed", "passed"])
    }

    // MARK: DHCP

    @Test func aDHCPClientReachesTheHostWithItsOwnMACOnly() throws {
        let server = try scene.topology.host.run { try InternetSocket.datagrams(port: 547) }
        // The group that servers listen to, from which the kernel would otherwise turn the packet away.
        try scene.topology.host.ip("address add ff02::1:2/128 dev cali1 autojoin")
        let request = IPPacket.udp(from: linkLocal, 546, to: servers, 547, data: Array("honest".utf8))
        let forged = IPPacket.udp(from: linkLocal, 546, to: servers, 547, data: Array("forged".utf8))
        #expect(
            try scene.verdicts([one.frame(forged, from: SourceScene.foreignMAC), one.frame(request)])
                == ["mac", "passed"])
        #expect(server.receive()?.text == "honest")
    }

    @Test func aWorkloadIsNoDHCPServer() throws {
        let client = try scene.topology.host.run { try InternetSocket.datagrams(port: 546) }
        let hostAddress = address(scene.topology.hostAddress6)
        let replies = [own, linkLocal].flatMap { source in
            [
                IPPacket.udp(from: source, 547, to: hostAddress, 546), .udp(from: source, 547, to: allNodes, 546),
                IPPacket.udp(from: source, 547, to: hostAddress, 546).behind(.destinationOptions),
            ]
        }
        #expect(try scene.verdicts(replies) == Array(repeating: "dhcp", count: replies.count))
        #expect(client.receive(within: .zero) == nil)
        #expect(
            try scene.verdicts(
                .udp(from: own, 546, to: scene.outside, 547), .udp(from: own, 547, to: scene.outside, 548),
                .udp(from: own, 548, to: scene.outside, 546)) == ["passed", "passed", "passed"])
    }

    @Test func theFilterForDHCPCanBeLeftOut() throws {
        let open = try SourceScene(options: DataplaneOptions(node: "host", filtersDHCP: false))
        #expect(try open.verdicts(.udp(from: own, 547, to: open.outside, 546)) == ["passed"])
    }

    // MARK: A whole kernel

    @Test func aWorkloadsKernelGetsItsAddressAndReachesTheHostsGateway() throws {
        let three = try scene.topology.addWorkload(interfaceName: "cali3", mac: "02:00:00:00:00:03", addresses: [])
        try three.namespace.run {
            for scope in ["all", "eth0"] {
                try Sysctl().write("1", to: SysctlKey(path: "net/ipv6/conf/\(scope)/accept_dad"))
            }
        }
        try scene.topology.host.nft(
            """
            add chain inet witness asked { type filter hook prerouting priority -449; }
            add rule inet witness asked iifname "cali3" ip6 saddr :: icmpv6 type nd-neighbor-solicit counter
            """)
        try scene.host.program(
            ResourceText.endpoint(
                "three", "cali3", mac: "02:00:00:00:00:03", ["2001:db8::3"], more: "ipv6Gateway: fe80::1"))
        try three.namespace.ip("address add 2001:db8::3/128 dev eth0")
        try three.routeByGateway6()
        #expect(try three.namespace.ip("-6 address show dev eth0 to 2001:db8::3").contains("tentative"))
        try eventually("the address to be the workload's", limit: .seconds(10)) {
            try !three.namespace.ip("-6 address show dev eth0 to 2001:db8::3").contains("tentative")
        }
        #expect(try !three.namespace.ip("-6 address show dev eth0").contains("dadfailed"))
        #expect(try scene.host.counts(in: "asked", table: "inet witness")[0] > 0)
        #expect(try three.namespace.pings(scene.topology.outsideAddress6))
        let gateway = try three.namespace.ip("-6 neighbour show fe80::1 dev eth0")
        #expect(gateway.contains("lladdr \(three.hostMAC) router"), "\(gateway)")
        #expect(try scene.host.drops(of: "cali3") == [:])
    }
}
