import Dataplane
import NetworkValues
import Routing
import Testing

/// What is read back after a change of routes is what the kernel has, whatever its choice of a route tells of it.
struct RouteReadBackTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private static let families = [("10.65.0.", "-4", "scope link"), ("2001:db8::", "-6", "metric 1024")]

    init() throws {
        topology = try Topology()
        for number in 1...2 {
            try topology.host.ip(
                "link add cali\(number) type veth peer name peer\(number)", "link set peer\(number) up",
                "link set cali\(number) up")
        }
        host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open)
    }

    private func take(_ endpoints: (interface: Int, addresses: [String])...) throws {
        try host.take(
            endpoints.map {
                ResourceText.endpoint("w\($0.interface)", "cali\($0.interface)", mac: "02:00:00:00:00:01", $0.addresses)
            })
    }

    /// With a default route, a choice tells of what is not there; without, nothing does.
    private func setDefault(_ hasDefault: Bool) throws {
        if !hasDefault { try topology.host.ip("-4 route del default", "-6 route del default") }
    }

    @Test(arguments: [true, false], families)
    func whatSomebodyRemovedIsMissing(hasDefault: Bool, family: (prefix: String, option: String, more: String)) throws {
        try setDefault(hasDefault)
        try take((1, ["\(family.prefix)1", "\(family.prefix)2"]))
        let left = try host.update { try topology.host.ip("\(family.option) route del \(family.prefix)1 proto 77") }
        #expect(left.routing.map(\.addedRoute) == ["\(family.prefix)1"])
        try host.update()
    }

    @Test(arguments: [true, false], families)
    func whatSomebodyRestoredIsStillThere(
        hasDefault: Bool, family: (prefix: String, option: String, more: String)
    ) throws {
        try setDefault(hasDefault)
        try take((1, ["\(family.prefix)1", "\(family.prefix)2"]))
        try host.update()
        try take((1, ["\(family.prefix)2"]))
        let left = try host.update {
            try topology.host.ip(
                "\(family.option) route add \(family.prefix)1 dev cali1 \(family.more) proto 77")
        }
        #expect(left.routing.map(\.deletedRoute) == ["\(family.prefix)1"])
        try host.update()
        #expect(try topology.host.ip("\(family.option) route show \(family.prefix)1") == "")
    }

    /// The kernel chooses the new route, and would tell nothing of the old one behind it.
    @Test(arguments: families)
    func anotherRouteBehindTheNewOneIsSeen(_ family: (prefix: String, option: String, more: String)) throws {
        try take((1, ["\(family.prefix)1"]), (2, ["\(family.prefix)2"]))
        try host.update()
        try take((1, ["\(family.prefix)3"]), (2, ["\(family.prefix)1"]))
        let left = try host.update {
            try topology.host.ip(
                "\(family.option) route append \(family.prefix)1 dev cali1 \(family.more) proto 77")
        }
        #expect(left.routing.map(\.deletedRoute) == ["\(family.prefix)1"])
    }

    /// Somebody's is better, and ours is there all the same.
    @Test func aRouteBehindABetterOneIsSeen() throws {
        try take((1, ["2001:db8::1"]))
        let left = try host.update {
            try topology.host.ip("-6 route add 2001:db8::1 via \(topology.outsideAddress6) metric 1")
        }
        #expect(left.isEmpty)
    }
}

extension Plan.RoutingChange {
    fileprivate var addedRoute: String? {
        if case .addRoute(let route) = self { "\(route.destination.address)" } else { nil }
    }

    fileprivate var deletedRoute: String? {
        if case .deleteRoute(let route) = self { "\(route.destination.address)" } else { nil }
    }
}
