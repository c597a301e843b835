import Glibc
import Netlink
import NetworkValues
import Testing

@testable import Routing

private func refusal(_ errno: Int32) -> NetlinkError { NetlinkError(.refused(errno: errno), operation: "x") }

struct RoutingChangeTests {
    let route = Route(try! IPPrefix(parsing: "10.65.0.2/32"), protocol: 77, scope: .link, interfaceIndex: 5)
    let neighbour = Neighbour(
        try! IPAddress(parsing: "10.65.0.2"), interfaceIndex: 5,
        linkLayerAddress: MACAddress(rawValue: 0x0200_0000_0001))

    @Test func whatIsGoneAlreadyCountsAsDeleted() {
        for errno in [ESRCH, ENOENT, ENODEV, ENXIO] {
            #expect(RoutingChange.deleteRoute(route).isSatisfied(by: refusal(errno)))
            #expect(RoutingChange.deleteNeighbour(neighbour).isSatisfied(by: refusal(errno)))
            #expect(!RoutingChange.addRoute(route).isSatisfied(by: refusal(errno)))
            #expect(!RoutingChange.replaceNeighbour(neighbour).isSatisfied(by: refusal(errno)))
        }
        #expect(!RoutingChange.deleteRoute(route).isSatisfied(by: refusal(EPERM)))
        #expect(!RoutingChange.deleteRoute(route).isSatisfied(by: NetlinkError(.overrun, operation: "x")))
    }

    @Test func changesAreToldInWordsOfTheField() {
        #expect(RoutingChange.deleteRoute(route).description == "delete route 10.65.0.2/32 dev #5")
        #expect(RoutingChange.addRoute(route).object { _ in "cali1" } == "route 10.65.0.2/32 dev cali1")
        #expect(
            RoutingChange.replaceNeighbour(neighbour).object { _ in "cali1" }
                == "neighbour 10.65.0.2 lladdr 02:00:00:00:00:01 dev cali1")
        var local = route
        local.type = .local
        local.table = 255
        local.priority = 9
        #expect(local.description == "route local 10.65.0.2/32 dev #5 table 255 metric 9")
    }
}
