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
        let body: [UInt8] =
            [134, 0, 0, 0, 64, 0, UInt8(lifetime >> 8), UInt8(lifetime & 0xff)] + [UInt8](repeating: 0, count: 8)
        let packet = IPPacket(
            source: address("fe80::ff:fe00:ff02"), destination: address("ff02::1"), protocol: 58, payload: body,
            hopLimit: 255
        ).withChecksum(at: 2, hasPseudoHeader: true)
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            packet.frame(from: macs.outside, to: MACAddress(rawValue: 0x3333_0000_0001)))
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

    @Test func interfacesThatLearnedNothingAreLeftAlone() throws {
        try set("ipv6/conf/eth0/accept_ra", 1)
        let host = try ProgrammedHost(topology.host)
        try host.program(endpoint("2001:db8::1"))
        #expect(try value("ipv6/conf/eth0/accept_ra") == "1")
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
}
