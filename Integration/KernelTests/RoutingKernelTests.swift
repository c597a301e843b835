import Glibc
import Netlink
import NetworkValues
import Routing
import Testing

private let ours: RouteProtocol = 77

private func prefix(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }

struct RouteKernelTests {
    let namespace: NetworkNamespace
    let cali1: UInt32
    let cali2: UInt32

    init() throws {
        namespace = try NetworkNamespace()
        try namespace.ip(
            "link add cali1 type veth peer name peer1", "link add cali2 type veth peer name peer2",
            "link set peer1 up", "link set peer2 up", "link set cali1 up", "link set cali2 up",
            "address add 192.0.2.1/24 dev cali2")
        (cali1, cali2) = try namespace.run { (if_nametoindex("cali1"), if_nametoindex("cali2")) }
    }

    private func socket() throws -> RoutingSocket {
        try namespace.run { try RoutingSocket() }
    }

    /// What iproute2 says of our routes, one line each.
    private func shown(_ arguments: String...) throws -> [String] {
        try namespace.command(["ip"] + arguments).succeed().split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }
    }

    @Test func aLookUpFindsTheEntryThatLeadsToAnAddress() throws {
        var socket = try socket()
        let host = Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: cali1)
        let wide = Route(
            prefix("10.65.0.0/16"), protocol: ours, interfaceIndex: cali2, gateway: address("192.0.2.9"), priority: 50)
        let host6 = Route(prefix("2001:db8::2/128"), protocol: ours, interfaceIndex: cali1, priority: 1024)
        let hidden = Route(prefix("10.67.0.2/32"), table: 70_000, protocol: ours, scope: .link, interfaceIndex: cali1)
        let hole = Route(prefix("10.68.0.0/16"), type: .blackhole, protocol: ours)
        #expect(
            try socket.apply([host, wide, host6, hidden, hole].map { .addRoute($0) }) == [nil, nil, nil, nil, nil])
        func found() throws -> [Route?] {
            try socket.routes(
                to: ["10.65.0.2", "10.67.0.2", "10.65.0.3", "2001:db8::2", "2001:db8::3", "10.68.0.2"].map(address)
            ).map { route in
                var route = route
                route?.flags = []
                return route
            }
        }
        #expect(try found() == [host, nil, wide, host6, nil, nil])
        try namespace.ip("rule add to 10.67.0.0/16 table 70000")
        #expect(try found() == [host, hidden, wide, host6, nil, nil])
        // More than one message takes.
        let many = try socket.routes(to: (0..<1500).map { address($0 % 3 == 0 ? "2001:db8::3" : "10.65.0.2") })
        #expect(many.count == 1500)
        #expect(many.indices.allSatisfy { many[$0] == ($0 % 3 == 0 ? nil : many[1]) })
    }

    @Test func routesOfEveryShapeComeBackAsTheyWereWritten() throws {
        var socket = try socket()
        let v4: [Route] = [
            Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: cali1),
            Route(
                prefix("10.66.0.0/16"), protocol: ours, interfaceIndex: cali2, gateway: address("192.0.2.9"),
                priority: 50, preferredSource: address("192.0.2.1")),
            Route(prefix("10.67.0.0/16"), type: .blackhole, protocol: ours),
            Route(prefix("10.68.0.0/16"), table: 70_000, protocol: ours, scope: .link, interfaceIndex: cali1),
            Route(prefix("169.254.1.1/32"), type: .local, protocol: ours, scope: .host, interfaceIndex: 1),
        ]
        let v6: [Route] = [
            Route(prefix("2001:db8::2/128"), protocol: ours, interfaceIndex: cali1, priority: 1024),
            Route(
                prefix("2001:db8:1::/64"), protocol: ours, interfaceIndex: cali1, gateway: address("2001:db8::2"),
                priority: 1024),
        ]
        let results = try socket.apply((v4 + v6).map { .addRoute($0) })
        #expect(results == Array(repeating: nil, count: 7))
        #expect(Set(try socket.routes(.v4, protocol: ours)) == Set(v4))
        #expect(Set(try socket.routes(.v6, protocol: ours)) == Set(v6))

        #expect(
            try shown("-j", "route", "show", "10.65.0.2")
                == [#"[{"dst":"10.65.0.2","dev":"cali1","protocol":"77","scope":"link","flags":[]}]"#])
        #expect(
            try shown("route", "show", "table", "all", "proto", "77") == [
                "10.68.0.0/16 dev cali1 table 70000 scope link",
                "10.65.0.2 dev cali1 scope link",
                "10.66.0.0/16 via 192.0.2.9 dev cali2 src 192.0.2.1 metric 50",
                "blackhole 10.67.0.0/16",
                "local 169.254.1.1 dev lo scope host",
                "2001:db8::2 dev cali1 metric 1024 pref medium",
                "2001:db8:1::/64 via 2001:db8::2 dev cali1 metric 1024 pref medium",
            ])
    }

    @Test func routesAreSelectedByTableProtocolAndInterface() throws {
        try namespace.ip(
            "route add 10.1.0.1 dev cali1 proto 77", "route add 10.1.0.2 dev cali2 proto 77",
            "route add 10.1.0.3 dev cali1 proto static", "route add 10.1.0.4 dev cali1 proto 77 table 100")
        var socket = try socket()
        func last(_ routes: [Route]) -> [UInt8] { routes.map { $0.destination.address.octets[3] }.sorted() }
        #expect(last(try socket.routes(.v4, protocol: ours)) == [1, 2, 4])
        #expect(last(try socket.routes(.v4, table: Route.mainTable, protocol: ours)) == [1, 2])
        #expect(last(try socket.routes(.v4, table: 100)) == [4])
        #expect(last(try socket.routes(.v4, protocol: ours, interfaceIndex: cali1)) == [1, 4])
        #expect(try socket.routes(.v4, table: Route.localTable).contains { $0.type == .local })
        // Neither the table nor the interface exists.
        #expect(try socket.routes(.v4, table: 4242) == [])
        #expect(try socket.routes(.v6, table: 4242) == [])
        #expect(try socket.routes(.v4, interfaceIndex: 99_999) == [])
    }

    @Test func oneRefusedChangeKeepsNoOtherFromTakingEffect() throws {
        var socket = try socket()
        let changes: [RoutingChange] = [
            .addRoute(Route(prefix("10.65.0.1/32"), protocol: ours, scope: .link, interfaceIndex: cali1)),
            .addRoute(Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: 99_999)),
            .addRoute(Route(prefix("10.65.0.1/32"), protocol: ours, scope: .link, interfaceIndex: cali1)),
            .addRoute(Route(prefix("10.65.0.3/32"), protocol: ours, scope: .link, interfaceIndex: cali1)),
        ]
        let results = try socket.apply(changes)
        #expect(results.map { $0?.errno } == [nil, ENODEV, EEXIST, nil])
        // The last line waits for nothing: it is what a person reads.
        #expect(results[1]?.object == "route 10.65.0.2/32 dev #99999")
        #expect(
            results[2]?.description.hasPrefix("add route 10.65.0.1/32 dev cali1: File exists (EEXIST)") == true)
        #expect(
            try socket.routes(.v4, protocol: ours).map(\.destination).sorted()
                == [prefix("10.65.0.1/32"), prefix("10.65.0.3/32")])
    }

    @Test func resultsKeepTheirPlacesAcrossSeveralBatches() throws {
        var socket = try socket()
        let bad: Set = [0, 4095, 4096, 8999]
        let changes = (0..<9000).map { number in
            RoutingChange.addRoute(
                Route(
                    IPPrefix(host: IPAddress(family: .v4, rawValue: UInt128(0x0a41_0000 + number))), protocol: ours,
                    scope: .link, interfaceIndex: bad.contains(number) ? 99_999 : cali1))
        }
        // What is gone already is no refusal, also beyond the first batch.
        let gone = RoutingChange.deleteRoute(Route(prefix("10.99.0.0/16"), protocol: ours, scope: .link))
        let results = try socket.apply(changes + [gone])
        #expect(Set(results.indices.filter { results[$0] != nil }) == bad)
        #expect(try socket.routes(.v4, protocol: ours).count == 8996)
    }

    @Test func everyChangeOfAFullBatchMayBeRefused() throws {
        var socket = try socket()
        let changes = (0..<5000).map { number in
            RoutingChange.addRoute(
                Route(
                    IPPrefix(host: IPAddress(family: .v4, rawValue: UInt128(0x0a41_0000 + number))), protocol: ours,
                    scope: .link, interfaceIndex: 99_999))
        }
        #expect(try socket.apply(changes).allSatisfy { $0?.code == .refused(errno: ENODEV) })
    }

    @Test func deletingWhatIsGoneIsSuccess() throws {
        var socket = try socket()
        let route = Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: cali1)
        var elsewhere = route
        elsewhere.interfaceIndex = 99_999
        var otherTable = route
        otherTable.table = 4242
        let route6 = Route(prefix("2001:db8::2/128"), protocol: ours, interfaceIndex: cali1)
        let neighbour = Neighbour(address("10.65.0.2"), interfaceIndex: cali1)
        let stray = Neighbour(address("10.65.0.2"), interfaceIndex: 99_999)
        let proxy = Neighbour.proxy(address("fe80::1"), interfaceIndex: cali1)
        let changes: [RoutingChange] = [
            .deleteRoute(route), .deleteRoute(elsewhere), .deleteRoute(otherTable), .deleteRoute(route6),
            .deleteNeighbour(neighbour), .deleteNeighbour(stray), .deleteNeighbour(proxy),
        ]
        #expect(try socket.apply(changes) == Array(repeating: nil, count: 7))
    }

    @Test(arguments: ["10.65.0.2/32", "2001:db8::2/128"])
    func somebodyElsesRouteOfTheSamePrefixSurvivesOurDelete(text: String) throws {
        let family = prefix(text).family == .v4 ? "-4" : "-6"
        try namespace.ip(
            "\(family) route add \(text) dev cali1 proto static metric 1024",
            "\(family) route add \(text) dev cali2 proto 77 metric 2048",
            "\(family) route add \(text) dev cali1 proto 77 metric 1024 table 100")
        var socket = try socket()
        let before = try socket.routes(prefix(text).family).filter { $0.destination == prefix(text) }
        #expect(before.count == 3)
        let scope: RouteScope = prefix(text).family == .v4 ? .link : .universe
        let wanted = Route(prefix(text), protocol: ours, scope: scope, interfaceIndex: cali1)
        #expect(try socket.apply([.deleteRoute(wanted)]) == [nil])
        #expect(Set(try socket.routes(prefix(text).family).filter { $0.destination == prefix(text) }) == Set(before))

        // Each differed in one thing alone: without it, the same request takes the route away.
        for route in before {
            #expect(try socket.apply([.deleteRoute(route)]) == [nil])
        }
        #expect(try !socket.routes(prefix(text).family).contains { $0.destination == prefix(text) })
    }

    @Test func anIPv4RouteOfAnotherTypeSurvivesOurDelete() throws {
        try namespace.ip("route add local 10.65.0.2 dev lo proto 77 table main")
        var socket = try socket()
        let before = try socket.routes(.v4, protocol: ours)
        var unicast = try #require(before.first)
        #expect(unicast.type == .local)
        unicast.type = .unicast
        #expect(try socket.apply([.deleteRoute(unicast)]) == [nil])
        #expect(try socket.routes(.v4, protocol: ours) == before)
        #expect(try socket.apply([.deleteRoute(before[0])]) == [nil])
        #expect(try socket.routes(.v4, protocol: ours) == [])
    }

    @Test func ourRouteIsTheOneThatGoesBesideAForeignOne() throws {
        try namespace.ip("route add 10.65.0.2 dev cali2 proto static scope link")
        var socket = try socket()
        let route = Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: cali1)
        // Exclusively it cannot come, beside the other it can.
        #expect(try socket.apply([.addRoute(route)]).map { $0?.errno } == [EEXIST])
        #expect(try socket.apply([.appendRoute(route)]) == [nil])
        #expect(try shown("route", "show", "10.65.0.2").count == 2)
        #expect(try socket.apply([.deleteRoute(route)]) == [nil])
        #expect(try shown("route", "show", "10.65.0.2") == ["10.65.0.2 dev cali2 proto static scope link"])
    }

    /// The warning at ``RoutingChange/replaceRoute(_:)``, held to what the kernel does.
    @Test func replacingOverwritesAForeignRouteOfTheSameKey() throws {
        try namespace.ip("route add 10.65.0.2 dev cali2 proto static scope link")
        var socket = try socket()
        let route = Route(prefix("10.65.0.2/32"), protocol: ours, scope: .link, interfaceIndex: cali1)
        #expect(try socket.apply([.replaceRoute(route)]) == [nil])
        #expect(try shown("route", "show", "10.65.0.2") == ["10.65.0.2 dev cali1 proto 77 scope link"])
        #expect(try socket.apply([.replaceRoute(route)]) == [nil])
    }

    @Test func neighboursAndProxiesComeBackWithTheirProtocol() throws {
        var socket = try socket()
        let mac = try MACAddress(text: "02:00:00:00:00:01")
        let neighbours = [
            Neighbour(address("10.65.0.2"), interfaceIndex: cali1, linkLayerAddress: mac, protocol: ours),
            Neighbour(address("2001:db8::2"), interfaceIndex: cali1, linkLayerAddress: mac, protocol: ours),
        ]
        let proxies = [
            Neighbour.proxy(address("fe80::1"), interfaceIndex: cali1, isRouter: true, protocol: ours),
            Neighbour.proxy(address("10.65.0.9"), interfaceIndex: cali1, protocol: ours),
        ]
        #expect(
            try socket.apply((neighbours + proxies).map { .replaceNeighbour($0) }) == Array(repeating: nil, count: 4))
        #expect(Set(try socket.neighbours(interfaceIndex: cali1).filter { $0.protocol == ours }) == Set(neighbours))
        #expect(try socket.neighbours(.v6, interfaceIndex: cali1, proxies: true).map(\.address) == [address("fe80::1")])
        let readProxies = try socket.neighbours(interfaceIndex: cali1, proxies: true)
        #expect(Set(readProxies.map(\.address)) == Set(proxies.map(\.address)))
        #expect(readProxies.allSatisfy { $0.protocol == ours && $0.isProxy })
        #expect(readProxies.contains { $0.address == address("fe80::1") && $0.flags.contains(.router) })
        #expect(try socket.neighbours(interfaceIndex: cali2, proxies: true) == [])
        #expect(
            try shown("neigh", "show", "dev", "cali1", "nud", "permanent").sorted() == [
                "10.65.0.2 lladdr 02:00:00:00:00:01 PERMANENT proto 77",
                "2001:db8::2 lladdr 02:00:00:00:00:01 PERMANENT proto 77",
            ])

        // Each is found by its address alone.
        for entry in neighbours + proxies {
            let found = try socket.neighbour(entry.address, interfaceIndex: cali1, isProxy: entry.isProxy)
            #expect(found?.address == entry.address)
            #expect(found?.isProxy == entry.isProxy)
            #expect(found?.protocol == ours)
            #expect(found?.linkLayerAddress == entry.linkLayerAddress)
            #expect(try socket.neighbour(entry.address, interfaceIndex: cali1, isProxy: !entry.isProxy) == nil)
            #expect(try socket.neighbour(entry.address, interfaceIndex: cali2, isProxy: entry.isProxy) == nil)
            #expect(try socket.neighbour(entry.address, interfaceIndex: 9999, isProxy: entry.isProxy) == nil)
        }

        // A changed address takes the place of the old one; deleting takes away what was meant.
        var moved = neighbours[0]
        moved.linkLayerAddress = try MACAddress(text: "02:00:00:00:00:02")
        #expect(
            try socket.apply([
                .replaceNeighbour(moved), .deleteNeighbour(neighbours[1]), .deleteNeighbour(proxies[0]),
            ]) == [nil, nil, nil])
        #expect(try socket.neighbours(interfaceIndex: cali1).filter { $0.protocol == ours } == [moved])
        #expect(try socket.neighbours(interfaceIndex: cali1, proxies: true).map(\.address) == [address("10.65.0.9")])
    }

    @Test func linksAreReadWithStateAddressKindAndCounters() throws {
        try namespace.ip("link set peer2 down", "link add bridge0 type bridge", "link set peer1 master bridge0")
        var socket = try socket()
        let links = try socket.links()
        #expect(Set(links.map(\.name)) == ["lo", "cali1", "cali2", "peer1", "peer2", "bridge0"])
        #expect(links.allSatisfy { $0.statistics == nil })
        let bridge = try #require(links.first { $0.name == "bridge0" })
        #expect(bridge.kind == "bridge")
        #expect(links.first { $0.name == "peer1" }?.master == bridge.index)

        let running = try #require(try socket.link(named: "cali1"))
        #expect(running.index == cali1)
        #expect(running.kind == "veth")
        #expect(running.isUp && running.isRunning && running.flags.contains(.lowerUp))
        #expect(running.operationalState == .up)
        #expect(running.hardwareType == 1)
        let shownMAC = try namespace.command(["cat", "/sys/class/net/cali1/address"]).succeed()
        #expect(MACAddress(octets: running.hardwareAddress).map { "\($0)\n" } == shownMAC)

        let withoutCarrier = try #require(try socket.link(index: cali2))
        #expect(withoutCarrier.isUp && !withoutCarrier.isRunning)
        #expect(try socket.link(named: "absent") == nil)
        #expect(try socket.link(index: 99_999) == nil)

        try namespace.run {
            let packets = try PacketSocket(interface: "cali1")
            for _ in 0..<5 {
                try packets.send(
                    Frame(
                        from: MACAddress(rawValue: 1), to: Frame.broadcast, type: 0x88b5,
                        payload: Array(repeating: 0, count: 46)))
            }
        }
        let before = try #require(running.statistics)
        let after = try #require(try socket.links(withStatistics: true).first { $0.name == "cali1" }?.statistics)
        #expect(after.transmittedPackets >= before.transmittedPackets + 5)
        #expect(after.transmittedBytes >= before.transmittedBytes + 300)
        let peer = try #require(try socket.link(named: "peer1")?.statistics)
        #expect(peer.receivedPackets == after.transmittedPackets)
    }

    @Test func addressesAreReadOfAllInterfacesOrOfOne() throws {
        try namespace.ip("address add 2001:db8::1/64 dev cali1 nodad", "address add 10.0.0.1 peer 10.0.0.2 dev cali1")
        var socket = try socket()
        let all = try socket.addresses()
        #expect(all.contains { $0.interfaceIndex == 1 && $0.local == address("127.0.0.1") })
        #expect(
            all.contains {
                $0.interfaceIndex == cali2 && $0.local == address("192.0.2.1") && $0.prefix == prefix("192.0.2.0/24")
            })
        let own = try socket.addresses(interfaceIndex: cali1)
        #expect(own.allSatisfy { $0.interfaceIndex == cali1 })
        #expect(own.contains { $0.local == address("10.0.0.1") && $0.prefix == prefix("10.0.0.2/32") })
        #expect(own.contains { $0.local == address("2001:db8::1") && $0.prefix == prefix("2001:db8::/64") })
        #expect(try socket.addresses(interfaceIndex: 99_999) == [])
    }
}
