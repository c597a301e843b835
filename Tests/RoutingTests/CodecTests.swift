import CMNL
import NetworkValues
import Testing

@testable import Netlink
@testable import Routing

private func address(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }
private func prefix(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }

/// What `decode` makes of each message of a batch, as if the kernel had sent it.
private func decode<Value>(
    _ batch: borrowing MessageBatch, _ decode: (borrowing ReceivedMessage) throws -> Value?
) throws -> [Value] {
    try batch.withUnsafeBytes { bytes throws in
        var reader = MessageReader(bytes)
        var values: [Value] = []
        while let message = try reader.next() {
            if let value = try decode(message) { values.append(value) }
        }
        return values
    }
}

struct RouteCodecTests {
    static let routes: [Route] = [
        Route(prefix("10.65.0.2/32"), protocol: 77, scope: .link, interfaceIndex: 5),
        Route(prefix("0.0.0.0/0"), protocol: .static, interfaceIndex: 2, gateway: address("192.0.2.2"), priority: 100),
        Route(prefix("169.254.1.1/32"), type: .local, protocol: 77, scope: .host, interfaceIndex: 1),
        Route(prefix("10.0.0.0/8"), type: .blackhole, table: 70_000, protocol: 77),
        Route(
            prefix("2001:db8::1/128"), protocol: 77, interfaceIndex: 5, priority: 1024,
            preferredSource: address("2001:db8::ff")),
        Route(prefix("::/0"), protocol: 9, interfaceIndex: 3, gateway: address("fe80::1"), flags: .onLink),
    ]

    @Test(arguments: routes)
    func aRouteSurvivesItsMessage(route: Route) throws {
        var batch = MessageBatch()
        RoutingChange.replaceRoute(route).append(to: &batch)
        #expect(try decode(batch) { try Route($0) } == [route])
    }

    /// As `ip route replace 10.65.0.2/32 dev #5 scope link proto 77` writes it, but for the order of attributes.
    @Test func aHostRouteIsTheseBytes() {
        var batch = MessageBatch(firstSequence: 1)
        RoutingChange.replaceRoute(Self.routes[0]).append(to: &batch)
        let bytes = batch.withUnsafeBytes { Array($0) }
        #expect(
            bytes == [
                52, 0, 0, 0, 24, 0, 0x01, 0x05, 1, 0, 0, 0, 0, 0, 0, 0,  // RTM_NEWROUTE, REQUEST|CREATE|REPLACE
                2, 32, 0, 0, 254, 77, 253, 1, 0, 0, 0, 0,  // rtmsg
                8, 0, 1, 0, 10, 65, 0, 2,  // RTA_DST
                8, 0, 15, 0, 254, 0, 0, 0,  // RTA_TABLE
                8, 0, 4, 0, 5, 0, 0, 0,  // RTA_OIF
            ])
    }

    @Test func theVerbsDifferInTheirFlags() {
        let route = Self.routes[0]
        var batch = MessageBatch()
        let changes: [RoutingChange] = [
            .addRoute(route), .appendRoute(route), .replaceRoute(route), .deleteRoute(route),
        ]
        for change in changes { change.append(to: &batch) }
        let heads = batch.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 52).map {
                [bytes.loadUnaligned(fromByteOffset: $0 + 4, as: UInt16.self)]
                    + [bytes.loadUnaligned(fromByteOffset: $0 + 6, as: UInt16.self)]
            }
        }
        #expect(heads == [[24, 0x601], [24, 0xc01], [24, 0x501], [25, 0x001]])
    }

    @Test func entriesOfTheRouteCacheAreNoRoutes() throws {
        var batch = MessageBatch()
        var header = rtmsg()
        header.rtm_family = 2
        header.rtm_flags = UInt32(RTM_F_CLONED)
        batch.append(type: UInt16(RTM_NEWROUTE), flags: [], header: header)
        #expect(try decode(batch) { try Route($0) }.isEmpty)
    }

    @Test func aRouteWithSeveralNextHopsIsMarked() throws {
        var batch = MessageBatch()
        var header = rtmsg()
        header.rtm_family = 2
        batch.append(type: UInt16(RTM_NEWROUTE), flags: [], header: header) {
            $0.put(UInt16(RTA_MULTIPATH.rawValue), octets: [8, 0, 0, 0, 5, 0, 0, 0])
        }
        let route = try #require(try decode(batch) { try Route($0) }.first)
        #expect(route.isMultipath)
        #expect(route.interfaceIndex == nil)
    }

    @Test func anAddressOfTheWrongLengthIsAnError() throws {
        var batch = MessageBatch()
        var header = rtmsg()
        header.rtm_family = 2
        batch.append(type: UInt16(RTM_NEWROUTE), flags: [], header: header) {
            $0.put(UInt16(RTA_DST.rawValue), octets: [10, 0, 0])
        }
        #expect(throws: NetlinkError.self) { try decode(batch) { try Route($0) } }
    }

    @Test func aFilterAdmitsOnlyWhatHasAllThatIsGiven() {
        let route = Self.routes[0]
        #expect(RouteFilter(family: .v4).admits(route))
        #expect(RouteFilter(family: .v4, table: 254, protocol: 77, interfaceIndex: 5).admits(route))
        #expect(!RouteFilter(family: .v6).admits(route))
        #expect(!RouteFilter(family: .v4, table: 255).admits(route))
        #expect(!RouteFilter(family: .v4, protocol: 4).admits(route))
        #expect(!RouteFilter(family: .v4, interfaceIndex: 6).admits(route))
    }
}

struct NeighbourCodecTests {
    static let neighbours: [Neighbour] = [
        Neighbour(
            address("10.65.0.2"), interfaceIndex: 5, linkLayerAddress: MACAddress(rawValue: 0x0200_0000_0001),
            protocol: 77),
        Neighbour(address("2001:db8::1"), interfaceIndex: 5, state: .stale),
        .proxy(address("fe80::1"), interfaceIndex: 7, isRouter: true, protocol: 77),
    ]

    @Test(arguments: neighbours)
    func aNeighbourSurvivesItsMessage(neighbour: Neighbour) throws {
        var batch = MessageBatch()
        RoutingChange.replaceNeighbour(neighbour).append(to: &batch)
        #expect(try decode(batch) { try Neighbour($0) } == [neighbour])
    }

    @Test func aPermanentNeighbourIsTheseBytes() {
        var batch = MessageBatch(firstSequence: 1)
        RoutingChange.replaceNeighbour(Self.neighbours[0]).append(to: &batch)
        let bytes = batch.withUnsafeBytes { Array($0) }
        #expect(
            bytes == [
                56, 0, 0, 0, 28, 0, 0x01, 0x05, 1, 0, 0, 0, 0, 0, 0, 0,  // RTM_NEWNEIGH, REQUEST|CREATE|REPLACE
                2, 0, 0, 0, 5, 0, 0, 0, 0x80, 0, 0, 0,  // ndmsg, NUD_PERMANENT
                8, 0, 1, 0, 10, 65, 0, 2,  // NDA_DST
                10, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0,  // NDA_LLADDR
                5, 0, 12, 0, 77, 0, 0, 0,  // NDA_PROTOCOL
            ])
    }
}

struct LinkCodecTests {
    @Test func aLinkIsReadWithWhatItHas() throws {
        var batch = MessageBatch()
        var header = ifinfomsg()
        header.ifi_index = 7
        header.ifi_type = 1
        header.ifi_flags = 0x11043
        batch.append(type: UInt16(RTM_NEWLINK), flags: [], header: header) { message in
            message.put(UInt16(IFLA_IFNAME), string: "cali1")
            message.put(UInt16(IFLA_ADDRESS), octets: [2, 0, 0, 0, 0, 1])
            message.put(UInt16(IFLA_MASTER), UInt32(3))
            message.put(UInt16(IFLA_OPERSTATE), UInt8(6))
            message.nest(UInt16(IFLA_LINKINFO)) { $0.put(UInt16(IFLA_INFO_KIND), string: "veth") }
            message.put(
                UInt16(IFLA_STATS64),
                octets: [1, 2, 3, 4, 5].flatMap { [UInt8($0), 0, 0, 0, 0, 0, 0, 0] })
        }
        var link = Link(
            index: 7, name: "cali1", flags: LinkFlags(rawValue: 0x11043), operationalState: .up,
            hardwareAddress: [2, 0, 0, 0, 0, 1], master: 3, kind: "veth")
        #expect(try decode(batch) { try Link($0, withStatistics: false) } == [link])
        link.statistics = LinkStatistics(
            receivedPackets: 1, transmittedPackets: 2, receivedBytes: 3, transmittedBytes: 4)
        #expect(try decode(batch) { try Link($0, withStatistics: true) } == [link])
    }

    /// The kernel tells that an interface left its bridge by RTM_DELLINK with AF_BRIDGE.
    @Test func aBridgePortsMessageIsNoEvent() throws {
        var batch = MessageBatch()
        var header = ifinfomsg()
        header.ifi_family = 7
        batch.append(type: UInt16(RTM_DELLINK), flags: [], header: header) {
            $0.put(UInt16(IFLA_IFNAME), string: "cali1")
        }
        #expect(try decode(batch) { try RoutingEvent($0) }.isEmpty)
    }

    @Test func runningNeedsUpAsWell() {
        #expect(Link(index: 1, name: "x", flags: [.up, .running]).isRunning)
        #expect(!Link(index: 1, name: "x", flags: [.running]).isRunning)
        #expect(!Link(index: 1, name: "x", flags: [.up]).isRunning)
    }
}

struct InterfaceAddressCodecTests {
    @Test func theLocalAddressIsToldFromTheNetworkAndThePeer() throws {
        var batch = MessageBatch()
        batch.append(
            type: UInt16(RTM_NEWADDR), flags: [],
            header: ifaddrmsg(ifa_family: 2, ifa_prefixlen: 24, ifa_flags: 0x80, ifa_scope: 0, ifa_index: 3)
        ) { message in
            message.put(UInt16(IFA_ADDRESS), octets: [192, 0, 2, 1])
            message.put(UInt16(IFA_LOCAL), octets: [192, 0, 2, 1])
            message.put(UInt16(IFA_FLAGS), UInt32(0x280))
        }
        batch.append(
            type: UInt16(RTM_NEWADDR), flags: [],
            header: ifaddrmsg(ifa_family: 2, ifa_prefixlen: 32, ifa_flags: 0, ifa_scope: 253, ifa_index: 3)
        ) { message in
            message.put(UInt16(IFA_ADDRESS), octets: [10, 0, 0, 2])
            message.put(UInt16(IFA_LOCAL), octets: [10, 0, 0, 1])
        }
        #expect(
            try decode(batch) { try InterfaceAddress($0) } == [
                InterfaceAddress(
                    interfaceIndex: 3, local: address("192.0.2.1"), prefix: prefix("192.0.2.0/24"), flags: 0x280),
                InterfaceAddress(
                    interfaceIndex: 3, local: address("10.0.0.1"), prefix: prefix("10.0.0.2/32"), scope: .link),
            ])
    }
}
