import Glibc
import Netlink
import NetworkValues
import Routing
import Testing

struct RouteMonitorKernelTests {
    let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace()
    }

    private func links(_ events: [RoutingEvent], named name: String) -> [(link: Link, removed: Bool)] {
        events.compactMap { event in
            if case .link(let link, let removed) = event, link.name == name { (link, removed) } else { nil }
        }
    }

    @Test func linksThatComeRiseFallAndGoAreAnnounced() throws {
        var monitor = try namespace.run { try RouteMonitor() }
        #expect(try monitor.events() == [])

        try namespace.ip("link add cali1 type veth peer name peer1")
        let born = links(try monitor.events(), named: "cali1")
        #expect(born.last?.removed == false)
        #expect(born.last?.link.isUp == false)

        try namespace.ip("link set peer1 up", "link set cali1 up")
        // The kernel tells of the carrier later, by a worker of its own (`linkwatch_event`).
        var risen: [(link: Link, removed: Bool)] = []
        try eventually("a carrier") {
            risen += links(try monitor.events(), named: "cali1")
            return risen.last?.link.isRunning == true
        }

        try namespace.ip("link set cali1 down")
        #expect(links(try monitor.events(), named: "cali1").last?.link.isUp == false)

        try namespace.ip("link delete cali1")
        #expect(links(try monitor.events(), named: "cali1").last?.removed == true)
        #expect(try monitor.events() == [])
    }

    @Test func theDescriptorIsReadableWhileEventsAreQueued() throws {
        var monitor = try namespace.run { try RouteMonitor() }
        func isReadable() -> Bool {
            var polled = pollfd(fd: monitor.fileDescriptor, events: Int16(POLLIN), revents: 0)
            return poll(&polled, 1, 0) == 1
        }
        #expect(!isReadable())
        try namespace.ip("link add cali1 type veth peer name peer1")
        #expect(isReadable())
        // Taken one by one, the rest stays queued.
        #expect(try monitor.events(limit: 1).count == 1)
        #expect(isReadable())
        _ = try monitor.events()
        #expect(!isReadable())
    }

    @Test func addressesRoutesAndNeighboursAreAnnounced() throws {
        try namespace.ip("link add cali1 type veth peer name peer1", "link set cali1 up", "link set peer1 up")
        var socket = try namespace.run { try RoutingSocket() }
        let index = try #require(try socket.link(named: "cali1")).index
        var monitor = try namespace.run { try RouteMonitor() }
        let route = Route(try IPPrefix(parsing: "10.65.0.2/32"), protocol: 77, scope: .link, interfaceIndex: index)
        let neighbour = Neighbour(
            try IPAddress(parsing: "10.65.0.2"), interfaceIndex: index,
            linkLayerAddress: MACAddress(rawValue: 0x0200_0000_0001), protocol: 77)

        try namespace.ip("address add 192.0.2.1/24 dev cali1")
        _ = try socket.apply([.addRoute(route), .replaceNeighbour(neighbour)])
        let made = try monitor.events()
        let address = InterfaceAddress(
            interfaceIndex: index, local: try IPAddress(parsing: "192.0.2.1"),
            prefix: try IPPrefix(parsing: "192.0.2.0/24"), flags: 0x80)
        #expect(made.contains(.address(address, removed: false)))
        #expect(made.contains(.route(route, removed: false)))
        #expect(made.contains(.neighbour(neighbour, removed: false)))

        _ = try socket.apply([.deleteRoute(route), .deleteNeighbour(neighbour)])
        try namespace.ip("address delete 192.0.2.1/24 dev cali1")
        let gone = try monitor.events()
        #expect(gone.contains(.route(route, removed: true)))
        #expect(
            gone.contains {
                if case .neighbour(let entry, removed: true) = $0 { entry.address == neighbour.address } else { false }
            })
        #expect(gone.contains(.address(address, removed: true)))
    }

    /// The reason why link events concern routes: if a kernel begins to announce this, the comment there is outdated.
    @Test func theKernelDeletesIPv4RoutesSilentlyWhenTheirLinkGoesDown() throws {
        try namespace.ip("link add cali1 type veth peer name peer1", "link set cali1 up", "link set peer1 up")
        try namespace.ip("route add 10.65.0.2 dev cali1 proto 77")
        var monitor = try namespace.run { try RouteMonitor() }
        var socket = try namespace.run { try RoutingSocket() }
        try namespace.ip("link set cali1 down")
        #expect(try socket.routes(.v4, protocol: 77) == [])
        let events = try monitor.events()
        #expect(!links(events, named: "cali1").isEmpty)
        #expect(
            !events.contains {
                if case .route(let route, _) = $0 { route.family == .v4 && route.protocol == 77 } else { false }
            })
    }

    @Test func anInterfaceThatLeavesABridgeIsNotGone() throws {
        try namespace.ip(
            "link add bridge0 type bridge", "link add cali1 type veth peer name peer1", "link set cali1 master bridge0")
        var monitor = try namespace.run { try RouteMonitor() }
        try namespace.ip("link set cali1 nomaster")
        let seen = links(try monitor.events(), named: "cali1")
        #expect(!seen.isEmpty)
        #expect(seen.allSatisfy { !$0.removed })
    }

    @Test func lostEventsAreToldAndTheMonitorGoesOn() throws {
        var monitor = try namespace.run { try RouteMonitor(receiveBufferSize: 1) }
        try namespace.addManyLinks(50)
        let events = try monitor.events()
        #expect(events.last == .overrun)
        #expect(events.count { $0 == .overrun } == 1)
        // The queue was emptied, so what comes now fits again.
        #expect(try monitor.events() == [])
        try namespace.ip("link delete many7")
        let later = try monitor.events()
        #expect(later == [.overrun] || links(later, named: "many7").last?.removed == true)
    }
}
