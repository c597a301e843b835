import Dataplane
import Glibc
import NetworkValues
import Routing
import Testing

/// The host's forwarding switches: on only when asked for and for a family that has endpoints, and never at the price
/// of the host's own default route.
struct ForwardingTests {
    private let topology: Topology

    init() throws {
        topology = try Topology(hasDefaultRoute: false)
        try set("ipv4/ip_forward", 0)
        try set("ipv6/conf/all/forwarding", 0)
    }

    private func set(_ path: String, _ value: Int) throws {
        try topology.host.run { try Sysctl().write("\(value)", to: SysctlKey(path: "net/\(path)")) }
    }

    private func value(_ path: String) throws -> String {
        try topology.host.run { try Sysctl().read(SysctlKey(path: "net/\(path)")) }
    }

    private var switches: [String] {
        get throws { [try value("ipv4/ip_forward"), try value("ipv6/conf/all/forwarding")] }
    }

    private func endpoint(_ addresses: String...) -> String { endpoint(addresses) }

    private func endpoint(_ addresses: [String], spoofing prefix: String? = nil) -> String {
        ResourceText.endpoint(
            "one", "cali1", mac: "02:00:00:00:00:01", addresses,
            more: prefix.map { "allowSpoofedSourcePrefixes: [\"\($0)\"]" } ?? "")
    }

    @Test func prefixesOfAnotherFamilyAreForwardedToo() throws {
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint(["10.65.0.1"], spoofing: "2001:db8:9::/48"))
        #expect(try switches == ["1", "1"])
    }

    @Test func aFamilyIsForwardedOnceItHasEndpoints() throws {
        let host = try ProgrammedHost(topology.host)
        try host.update()
        #expect(try switches == ["0", "0"])
        try host.program(endpoint("10.65.0.1"))
        #expect(try switches == ["1", "0"])
        try host.program(endpoint("10.65.0.1", "2001:db8::1"))
        #expect(try switches == ["1", "1"])
        #expect(host.notices == [])
    }

    @Test func ipv6AloneLeavesIPv4Alone() throws {
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try switches == ["0", "1"])
        // That IPv4 is not forwarded matters to nobody.
        #expect(host.notices == [])
    }

    @Test func whereItIsNotWantedNothingIsSwitchedAndTheStatusSaysSo() throws {
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", managesForwarding: false))
        try host.program(endpoint("10.65.0.1", "2001:db8::1"))
        #expect(try switches == ["0", "0"])
        #expect(
            host.notices == [
                "IPv4 forwarding is off: endpoints reach the host alone (manageForwarding is false; set it, or "
                    + "sysctl net/ipv4/ip_forward to 1)",
                "IPv6 forwarding is off: endpoints reach the host alone (manageForwarding is false; set it, or "
                    + "sysctl net/ipv6/conf/all/forwarding to 1)",
            ])
        try set("ipv4/ip_forward", 1)
        try host.update()
        #expect(host.notices.count == 1)
    }

    // MARK: Router advertisements

    /// Advertises the outside host as a router, for so many seconds (RFC 4861 section 4.2).
    private func advertise(lifetime: UInt16) throws {
        try advertise(lifetime: lifetime, from: topology.outsideSocket(), topology.uplinkMACs().outside)
    }

    private func advertise(lifetime: UInt16, from socket: borrowing PacketSocket, _ mac: MACAddress) throws {
        let body: [UInt8] =
            [134, 0, 0, 0, 64, 0, UInt8(lifetime >> 8), UInt8(lifetime & 0xff)] + [UInt8](repeating: 0, count: 8)
        let packet = IPPacket(
            source: address("fe80::ff:fe00:ff02"), destination: address("ff02::1"), protocol: 58, payload: body,
            hopLimit: 255
        ).withChecksum(at: 2, hasPseudoHeader: true)
        try socket.send(packet.frame(from: mac, to: MACAddress(rawValue: 0x3333_0000_0001)))
    }

    private var hasDefaultRoute: Bool {
        get throws { try topology.host.ip("-6 route show default").contains("proto ra") }
    }

    @Test func aDefaultRouteLearnedFromAnAdvertisementSurvives() throws {
        try set("ipv6/conf/eth0/accept_ra", 1)
        try advertise(lifetime: 1800)
        #expect(try eventually(true) { try hasDefaultRoute })
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/all/forwarding") == "1")
        #expect(try hasDefaultRoute)
        // And advertisements are still heard: this one takes the route back, the next brings it again.
        try advertise(lifetime: 0)
        #expect(try !eventually(false) { try hasDefaultRoute })
        try advertise(lifetime: 1800)
        #expect(try eventually(true) { try hasDefaultRoute })
        #expect(try value("ipv6/conf/eth0/accept_ra") == "2")
    }

    /// Making one interface forward drops those routes just as the global switch does.
    @Test(arguments: [true, false])
    func itSurvivesAnInterfaceThatIsMadeToForward(managesForwarding: Bool) throws {
        try set("ipv6/conf/eth0/accept_ra", 1)
        try advertise(lifetime: 1800)
        #expect(try eventually(true) { try hasDefaultRoute })
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        defer { extendLifetime(workload) }
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", managesForwarding: managesForwarding))
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/cali1/forwarding") == "1")
        #expect(try hasDefaultRoute)
    }

    @Test func interfacesThatLearnedNothingAreLeftAlone() throws {
        try set("ipv6/conf/eth0/accept_ra", 1)
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/eth0/accept_ra") == "1")
    }

    /// Whoever has switched them off, or lets a daemon take them, wants it so.
    @Test func anInterfaceThatTakesNoAdvertisementsAnyMoreIsLeftAlone() throws {
        try set("ipv6/conf/eth0/accept_ra", 1)
        try advertise(lifetime: 1800)
        #expect(try eventually(true) { try hasDefaultRoute })
        try set("ipv6/conf/eth0/accept_ra", 0)
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/eth0/accept_ra") == "0")
    }

    /// Nobody would take the host's default route from a workload.
    @Test func aWorkloadsAdvertisementsAreNotKeptAlive() throws {
        let rogue = try topology.addSilentWorkload(interfaceName: "cali9", mac: "02:00:00:00:00:09")
        try set("ipv6/conf/cali9/accept_ra", 1)
        try advertise(lifetime: 1800, from: rogue.packetSocket(), rogue.mac)
        #expect(try eventually(true) { try hasDefaultRoute })
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/cali9/accept_ra") == "1")
        #expect(try !hasDefaultRoute)
    }

    @Test func aHostThatForwardsAlreadyIsLeftAsItIs() throws {
        try set("ipv6/conf/eth0/accept_ra", 2)
        try advertise(lifetime: 1800)
        #expect(try eventually(true) { try hasDefaultRoute })
        try set("ipv6/conf/all/forwarding", 1)
        try set("ipv6/conf/eth0/accept_ra", 1)
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/eth0/accept_ra") == "1")
    }

    // MARK: The endpoints' own interfaces

    @Test(arguments: [["10.65.0.1", "2001:db8::1"], ["10.65.0.1"], ["2001:db8::1"], []])
    func anEndpointsInterfaceForwardsAndTakesNoAdvertisements(addresses: [String]) throws {
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint(addresses))
        let wanted = [
            "ipv4/conf/cali1/forwarding": "1", "ipv4/conf/cali1/proxy_arp": "1", "ipv4/neigh/cali1/proxy_delay": "0",
            "ipv6/conf/cali1/forwarding": "1", "ipv6/conf/cali1/proxy_ndp": "1", "ipv6/conf/cali1/accept_ra": "0",
            "ipv6/neigh/cali1/proxy_delay": "0",
        ]
        for (path, value) in wanted {
            #expect(try self.value(path) == value, "\(path)")
        }
        withExtendedLifetime((workload, host)) {}
    }

    /// The global switches set those of all interfaces that are there; one may come or be changed later.
    @Test func anInterfaceThatDoesNotForwardIsMadeTo() throws {
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        for path in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] { try set(path, 1) }
        for family in ["ipv4", "ipv6"] { try set("\(family)/conf/cali1/forwarding", 0) }
        let host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open, endpoint("10.65.0.1", "2001:db8::1"))
        #expect(try value("ipv4/conf/cali1/forwarding") == "1")
        #expect(try value("ipv6/conf/cali1/forwarding") == "1")
        let listening = try topology.outsideSocket()
        let socket = try workload.packetSocket()
        let flows = [("10.65.0.1", topology.outsideAddress), ("2001:db8::1", topology.outsideAddress6)]
        for (index, (source, target)) in flows.enumerated() {
            try socket.send(workload.frame(.udp(from: address(source), 1, to: address(target), UInt16(index + 1))))
            #expect(
                try listening.packets { $0.ports?.destination == UInt16(index + 1) }.last?.source == address(source))
        }
    }

    /// Everything below `conf` and `neigh`, of all interfaces: neither `route_localnet` nor `rp_filter` is among it.
    @Test func noOtherParameterIsWritten() throws {
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        for path in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] { try set(path, 1) }
        for family in ["ipv4", "ipv6"] { try set("\(family)/conf/cali1/forwarding", 0) }
        func parameters() throws -> Set<String> {
            let text = try topology.host.command([
                "sh", "-c",
                "cd /proc/sys/net && grep -rs . ipv4/conf ipv4/neigh ipv4/ip_forward ipv6/conf ipv6/neigh || true",
            ]).succeed()
            return Set(text.split(separator: "\n").map(String.init))
        }
        let before = try parameters()
        #expect(before.contains("ipv4/conf/cali1/route_localnet:0"))
        let host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8::1"],
                nats: [("10.65.0.1", "198.51.100.1")], more: "ipv6Gateway: fe80::1"))
        #expect(
            try parameters().subtracting(before).sorted() == [
                "ipv4/conf/cali1/accept_source_route:0", "ipv4/conf/cali1/forwarding:1", "ipv4/conf/cali1/proxy_arp:1",
                "ipv4/neigh/cali1/proxy_delay:0",
                "ipv6/conf/cali1/accept_ra:0", "ipv6/conf/cali1/forwarding:1", "ipv6/conf/cali1/proxy_ndp:1",
                "ipv6/neigh/cali1/proxy_delay:0",
            ])
        withExtendedLifetime(workload) {}
    }

    /// Its kernel may reach others by link-local addresses.
    @Test func aGatewayIsReasonEnoughToForwardAndToAnswer() throws {
        let workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        let host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], more: "ipv6Gateway: fe80::1"))
        #expect(try switches == ["1", "1"])
        for path in ["conf/cali1/forwarding", "conf/cali1/proxy_ndp"] { #expect(try value("ipv6/\(path)") == "1") }
        #expect(try value("ipv6/neigh/cali1/proxy_delay") == "0")
        withExtendedLifetime(workload) {}
    }
}
