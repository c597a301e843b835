import Dataplane
import NetworkValues
import Routing
import Testing

/// Host routes and neighbours of IPv6 endpoints, by the packets that follow them.
struct RouteIPv6Tests {
    private let topology: Topology
    private let one: Workload
    private let two: Workload

    init() throws {
        topology = try Topology()
        one = try topology.addWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["2001:db8::1"])
        two = try topology.addWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02", addresses: ["2001:db8::2"])
        for workload in [one, two] {
            try workload.namespace.ip("-6 route add default via fe80::1 dev eth0")
        }
    }

    @Test func workloadsReachEachOtherTheHostsNetworkAndAreReached() throws {
        let host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["2001:db8::1"], more: "ipv6Gateway: fe80::1"),
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["2001:db8::2"], more: "ipv6Gateway: fe80::1"))
        #expect(try one.namespace.pings("2001:db8::2"))
        #expect(try one.namespace.pings(topology.outsideAddress6))
        #expect(try topology.outside.pings("2001:db8::1"))
        #expect(try topology.host.pings("2001:db8::2"))
        let routes = try topology.host.ip("-6 route show proto 77")
        #expect(routes.contains("2001:db8::1 dev cali1 metric 1024 pref medium"))
        let neighbours = try topology.host.ip("-6 neighbour show nud permanent", "-6 neighbour show proxy")
        #expect(neighbours.contains("2001:db8::1 dev cali1 lladdr 02:00:00:00:00:01 PERMANENT proto 77"))
        #expect(neighbours.contains("fe80::1 dev cali1 router proxy"), "\(neighbours)")
    }
}
