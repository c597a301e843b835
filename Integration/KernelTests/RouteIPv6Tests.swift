import Dataplane
import NetworkValues
import Routing
import Testing

/// Host routes of IPv6 endpoints, by the packets that follow them; and everything of others, which stays.
struct RouteIPv6Tests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let endpoint = ResourceText.endpoint(
        "one", "cali1", mac: "02:00:00:00:00:01", ["2001:db8::1", "2001:db8::3"],
        nats: [("\"2001:db8::1\"", "\"2001:db8:e::1\"")])
    private static let all = ["2001:db8::1", "2001:db8::3", "2001:db8:e::1"].map { "\($0) dev cali1 metric 1024" }

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
    }

    /// Lines of `ip -6 route show`, without what the kernel adds to each.
    private func routes(_ arguments: String = "proto 77 table all") throws -> [String] {
        try topology.host.ip("-6 route show \(arguments)").split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ").replacing(" pref medium", with: "")
        }.sorted()
    }

    /// Whether a datagram from outside reaches the workload's interface.
    private func arrives(_ destination: String, at workload: Workload? = nil) throws -> Bool {
        let socket = try (workload ?? one).packetSocket()
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress6), 1, to: address(destination), 2)
                .frame(from: macs.outside, to: macs.host))
        return try socket.receive {
            IPPacket($0).map { $0.destination == address(destination) && $0.ports?.destination == 2 } ?? false
        } != nil
    }

    @Test func workloadsReachEachOtherTheHostsNetworkAndAreReached() throws {
        let workloads = try [3, 4].map { number in
            let workload = try topology.addWorkload(
                interfaceName: "cali\(number)", mac: "02:00:00:00:00:0\(number)", addresses: ["2001:db8::\(number)"])
            try workload.routeByGateway6()
            try host.program(
                ResourceText.open,
                ResourceText.endpoint(
                    "w\(number)", "cali\(number)", mac: "02:00:00:00:00:0\(number)", ["2001:db8::\(number)"],
                    more: "ipv6Gateway: fe80::1"))
            return workload
        }
        #expect(try workloads[0].namespace.pings("2001:db8::4"))
        #expect(try workloads[0].namespace.pings(topology.outsideAddress6))
        #expect(try topology.outside.pings("2001:db8::3"))
        #expect(try topology.host.pings("2001:db8::4"))
    }

    @Test func everyAddressAndExternalAddressIsRoutedToItsInterface() throws {
        try host.program(ResourceText.open, endpoint)
        #expect(try routes() == Self.all)
        for address in ["2001:db8::1", "2001:db8::3"] { #expect(try arrives(address)) }
        #expect(try topology.host.ip("-6 route get 2001:db8:e::1").contains("dev cali1 proto 77"))
        #expect(try host.state(of: "one").phase == .up)
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["2001:db8::3"]))
        #expect(try routes() == [Self.all[1]])
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes() == [])
    }

    /// Of many interfaces all routes and neighbours of a kind are read at once, and only of the kinds that changed.
    @Test func whatManyInterfacesNeedIsReadBackByFamilyAndKind() throws {
        let numbers = 10...19
        func endpoints(_ addresses: (Int) -> [String], more: String = "") -> [String] {
            numbers.map {
                ResourceText.endpoint("w\($0)", "cali\($0)", mac: "02:00:00:00:00:\($0)", addresses($0), more: more)
            }
        }
        func count(_ arguments: String) throws -> Int {
            try topology.host.ip(arguments).split(separator: "\n").count
        }
        for number in numbers {
            try topology.host.ip(
                "link add cali\(number) type veth peer name peer\(number)", "link set peer\(number) up",
                "link set cali\(number) up")
        }
        try topology.host.ip("-6 route add 2001:db8::14 dev cali14 proto static metric 1024")
        try host.take([ResourceText.open] + endpoints { ["10.65.0.\($0)", "2001:db8::\($0)"] })
        // It throws where something is not read back.
        try host.update()
        #expect(try routes().count == numbers.count - 1)
        #expect(try count("-4 route show proto 77 scope link") == numbers.count)
        try host.take(endpoints { ["10.65.0.\($0)", "10.65.1.\($0)", "2001:db8::\($0)"] })
        try host.update()
        #expect(try count("-4 route show proto 77 scope link") == 2 * numbers.count)
        try host.take(endpoints({ ["10.65.0.\($0)", "2001:db8::\($0)"] }, more: "ipv6Gateway: fe80::1"))
        try host.update()
        #expect(try count("-6 neigh show proxy") == numbers.count)
        try host.take(endpoints { ["10.65.0.\($0)"] })
        try host.update()
        #expect(try routes() == [])
        #expect(try count("-4 route show proto 77 scope link") == numbers.count)
    }

    @Test func routesFollowTheLink() throws {
        try host.program(ResourceText.open, endpoint)
        try topology.host.ip("link set cali1 down")
        try host.update()
        #expect(try routes() == [])
        #expect(try host.state(of: "one").phase == .down)
        try topology.host.ip("link set cali1 up")
        try host.update()
        #expect(try routes() == Self.all)
        #expect(try arrives("2001:db8::3"))
        // A link that has just come up may be without a carrier for a moment.
        let phase = try eventually(EndpointState.Phase.up) {
            try host.update()
            return try host.state(of: "one").phase
        }
        #expect(phase == .up)
    }

    @Test func routesFollowAnInterfaceThatComesBack() throws {
        try host.program(ResourceText.open, endpoint)
        try topology.host.ip("link del cali1")
        try host.update()
        #expect(try routes() == [])
        #expect(try host.state(of: "one").phase == .pending)
        let again = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try host.update()
        #expect(try routes() == Self.all)
        #expect(try arrives("2001:db8::3", at: again))
    }

    @Test func foreignRoutesSurviveAndOursAreUsed() throws {
        try topology.host.ip(
            "-6 route add 2001:db8::/64 via \(topology.outsideAddress6) metric 100 proto static",
            "-6 route add 2001:db8::1 via \(topology.outsideAddress6) metric 2048 proto static",
            "-6 route add 2001:db8::3 dev cali1 metric 2048 proto static",
            "-6 route add 2001:db8::9 dev cali1 proto static")
        let foreign = try routes("root 2001:db8::/64 proto static")
        #expect(foreign.count == 4)
        try host.program(ResourceText.open, endpoint)
        #expect(try routes("root 2001:db8::/64 proto static") == foreign)
        #expect(try routes() == Self.all)
        for address in ["2001:db8::1", "2001:db8::3"] { #expect(try arrives(address)) }
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("root 2001:db8::/64 proto static") == foreign)
        #expect(try topology.host.ip("-6 route get 2001:db8::1").contains("via \(topology.outsideAddress6)"))
    }

    /// The kernel keeps no second IPv6 route to the same destination through the same interface, whoever made the first.
    /// CNI plugins make such routes.
    @Test func aForeignRouteInTheVeryPlaceOfOursServesAsWell() throws {
        try topology.host.ip("-6 route add 2001:db8::1 dev cali1 proto static")
        let foreign = try routes("2001:db8::1")
        try host.program(ResourceText.open, endpoint)
        #expect(try arrives("2001:db8::1"))
        #expect(try host.state(of: "one").phase == .up)
        #expect(try routes("2001:db8::1") == foreign)
        // Once it has gone, ours takes its place.
        try topology.host.ip("-6 route del 2001:db8::1 dev cali1")
        try host.update()
        #expect(try routes() == Self.all)
        #expect(try arrives("2001:db8::1"))
        // And it is not taken for ours when the endpoint goes.
        try topology.host.ip(
            "-6 route del 2001:db8::1 dev cali1", "-6 route add 2001:db8::1 dev cali1 proto static")
        try host.update()
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("2001:db8::1") == foreign)
    }

    @Test func routesStandInTheConfiguredTableUnderTheConfiguredProtocol() throws {
        try topology.host.ip("-6 rule add to 2001:db8::/64 table 1000")
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", routeProtocol: 99, routeTable: 1000))
        try host.program(ResourceText.open, endpoint)
        #expect(try routes("proto 99 table 1000").map { $0.replacing(" proto 99", with: "") } == Self.all)
        #expect(try routes("proto 99 table main") == [])
        #expect(try arrives("2001:db8::1"))
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("proto 99 table all") == [])
    }
}
