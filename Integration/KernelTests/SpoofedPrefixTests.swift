import Dataplane
import NetworkValues
import Nftables
import Routing
import Testing

/// `allowSpoofedSourcePrefixes`: foreign sources that an endpoint may use, with its own MAC and in IP alone.
struct SpoofedPrefixTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
        try setReversePathFilter(all: 0, interface: 1)
        try host.program(ResourceText.open)
        try program("172.20.0.0/16", "2001:db8:20::/48")
    }

    private func setReversePathFilter(all: Int, interface: Int) throws {
        try topology.host.run {
            try Sysctl().write("\(all)", to: SysctlKey(path: "net/ipv4/conf/all/rp_filter"))
            for name in ["cali1", "eth0"] {
                try Sysctl().write("\(interface)", to: SysctlKey(path: "net/ipv4/conf/\(name)/rp_filter"))
            }
        }
    }

    private func reversePathFilter(of interface: String) throws -> String {
        try topology.host.run {
            try Sysctl().read(SysctlKey(path: "net/ipv4/conf/\(interface)/rp_filter"))
        }
    }

    private func program(_ prefixes: String..., mac: String? = "02:00:00:00:00:01") throws {
        let list = prefixes.map { "\"\($0)\"" }.joined(separator: ", ")
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: mac, ["10.65.0.1", "2001:db8::1"],
                more: "allowSpoofedSourcePrefixes: [\(list)]"))
    }

    private func leaving(_ sources: String..., mac: MACAddress? = nil) throws -> [String] {
        try topology.leaving(sources, from: one, mac: mac)
    }

    @Test func packetsFromThePrefixLeaveAndOthersDoNot() throws {
        #expect(
            try leaving("172.20.5.5", "172.21.0.1", "172.19.255.255", "10.65.0.1") == ["172.20.5.5", "10.65.0.1"])
        #expect(try leaving("2001:db8:20::5", "2001:db8:21::1", "2001:db8::1") == ["2001:db8:20::5", "2001:db8::1"])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 3]) == ["ip": 3])
        #expect(try host.state(of: "one").phase == .up)
    }

    private let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)

    @Test func withAForeignMACTheyDoNot() throws {
        let packets = [
            IPPacket.udp(from: address("172.20.5.5"), 1, to: address(topology.outsideAddress), 1),
            .udp(from: address("2001:db8:20::5"), 1, to: address(topology.outsideAddress6), 1),
        ]
        let socket = try one.packetSocket()
        for packet in packets { try socket.send(one.frame(packet, from: foreignMAC)) }
        #expect(try host.drops(of: "cali1", expecting: ["mac": 2]) == ["mac": 2])
    }

    @Test func withoutAMACThePrefixAloneDecides() throws {
        try program("172.20.0.0/16", "2001:db8:20::/48", mac: nil)
        #expect(
            try leaving("172.21.0.1", "172.20.5.5", "10.65.0.1", mac: foreignMAC) == ["172.20.5.5", "10.65.0.1"])
        #expect(try leaving("2001:db8:21::1", "2001:db8:20::5", mac: foreignMAC) == ["2001:db8:20::5"])
        #expect(try host.drops(of: "cali1", expecting: ["ip": 2]) == ["ip": 2])
        try sendRequest(from: "172.20.5.5")
        #expect(try host.drops(of: "cali1", expecting: ["ip": 2, "arp": 1]) == ["ip": 2, "arp": 1])
    }

    /// Asks for the gateway in this address's name.
    private func sendRequest(from sender: String) throws {
        let request = ARPPacket(
            operation: ARPPacket.request, senderMAC: one.mac, senderAddress: address(sender),
            targetAddress: Skeleton.gateway)
        try one.packetSocket().send(
            Frame(from: one.mac, to: Frame.broadcast, type: EtherType.arp, payload: request.octets))
    }

    @Test func inARPThePrefixIsNotItsOwnToClaim() throws {
        try sendRequest(from: "172.20.5.5")
        #expect(try host.drops(of: "cali1", expecting: ["arp": 1]) == ["arp": 1])
    }

    @Test func thePrefixIsNotRoutedToTheEndpoint() throws {
        #expect(try !topology.host.ip("route show table all").contains("172.20."))
    }

    @Test func anotherListTakesEffectWithTheNextPacket() throws {
        #expect(try leaving("172.20.5.5", "10.65.0.1") == ["172.20.5.5", "10.65.0.1"])
        try program("172.21.0.0/16")
        #expect(try leaving("172.20.5.5", "2001:db8:20::5", "172.21.0.1") == ["172.21.0.1"])
        try program("172.20.0.0/15", "172.21.7.0/24")
        #expect(try leaving("172.22.0.1", "172.20.5.5") == ["172.20.5.5"])
        try program()
        #expect(try leaving("172.20.5.5", "10.65.0.1") == ["10.65.0.1"])
    }

    @Test func onlyItsOwnInterfaceLosesTheKernelsCheckOfReturnPaths() throws {
        #expect(try reversePathFilter(of: "cali1") == "0")
        #expect(try reversePathFilter(of: "eth0") == "1")
    }

    @Test func withoutSuchPrefixesTheKernelsCheckStays() throws {
        let two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        try topology.host.run {
            try Sysctl().write("1", to: SysctlKey(path: "net/ipv4/conf/cali2/rp_filter"))
        }
        try host.program(
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"],
                more: "allowSpoofedSourcePrefixes: [\"2001:db8:20::/48\"]"))
        #expect(try reversePathFilter(of: "cali2") == "1")
        withExtendedLifetime(two) {}
    }

    @Test(arguments: [1, 2])
    func whereTheKernelDropsTheSourcesAllTheSameTheStatusSaysSo(all: Int) throws {
        try setReversePathFilter(all: all, interface: 0)
        try host.update()
        #expect(try leaving("172.20.5.5", "10.65.0.1") == ["10.65.0.1"])
        let state = try host.state(of: "one")
        #expect(state.phase == .error)
        #expect(
            state.reason == "allowSpoofedSourcePrefixes 172.20.0.0/16: the kernel drops these sources, since "
                + "net.ipv4.conf.all.rp_filter is \(all); set it to 0")
        try setReversePathFilter(all: 0, interface: 0)
        try host.update()
        #expect(try host.state(of: "one").phase == .up)
    }

    /// The kernel checks no IPv6 sources, and one's own pass the check.
    @Test func whereNoneOfThemIsCheckedThereIsNothingToSay() throws {
        try setReversePathFilter(all: 1, interface: 0)
        for prefixes in [[], ["2001:db8:20::/48"]] {
            let list = prefixes.map { "\"\($0)\"" }.joined()
            try host.program(
                ResourceText.endpoint(
                    "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8::1"],
                    more: "allowSpoofedSourcePrefixes: [\(list)]"))
            #expect(try leaving("10.65.0.1") == ["10.65.0.1"])
            #expect(try host.state(of: "one").phase == .up)
        }
    }
}
