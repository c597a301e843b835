import Glibc
import NetworkValues
import Status
import Testing

/// An agent tells the link of the external addresses that its host has begun to answer for, and follows its links.
struct AgentTakeoverTests {
    private let topology: Topology
    private let workload: Workload
    private let installation: Installation
    private let externals = [address("192.0.2.50"), address("2001:db8:ffff::50")]

    init() throws {
        topology = try Topology(hasDefaultRoute: false)
        try topology.outside.ip("route delete default", "-6 route delete default")
        workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2", "2001:db8:65::2"])
        try workload.routeByGateway6()
        installation = try Installation(in: topology.host, settings: "nat: {announce: true}")
        try installation.put("open.yaml", profileText())
        try put(externals)
    }

    private func put(_ externals: [IPAddress]) throws {
        let nats = externals.map {
            "{internalIP: \"\($0.family == .v4 ? "10.65.0.2" : "2001:db8:65::2")\", externalIP: \"\($0)\"}"
        }
        try installation.put(
            "web.yaml",
            endpointText(
                addresses: ["10.65.0.2", "2001:db8:65::2"],
                more: ["ipNATs: [\(nats.joined(separator: ", "))]", "ipv6Gateway: fe80::1"]))
    }

    /// The address that a frame announces unasked, if it does.
    private func announced(by frame: Frame) -> IPAddress? {
        if let packet = ARPPacket(frame) {
            return packet.operation == ARPPacket.request && packet.senderAddress == packet.targetAddress
                ? packet.senderAddress : nil
        }
        guard let packet = IPPacket(frame), packet.icmpv6Type == 136, packet.destination == address("ff02::1"),
            packet.payload.count >= 24
        else { return nil }
        return IPAddress(octets: packet.payload[8..<24])
    }

    /// The announcements that come until one of `last` does, the `count`th of that address.
    private func announcements(
        _ socket: borrowing PacketSocket, upTo last: IPAddress, count: Int = 1
    ) throws -> [Frame] {
        var frames: [Frame] = []
        let found = try socket.receive(within: .seconds(20)) { frame in
            guard announced(by: frame) != nil else { return false }
            frames.append(frame)
            return frames.count { announced(by: $0) == last } == count
        }
        guard found != nil else { throw TestKitError("only these came: \(frames.compactMap(announced))") }
        return frames
    }

    private func proxies() throws -> String { try topology.host.ip("neighbour show proxy dev eth0") }

    @Test func whoeverKnewAnotherMACForTheAddressLearnsTheHosts() throws {
        for external in externals {
            try topology.outside.ip("neighbour add \(external) lladdr 02:00:00:00:99:99 dev eth0 nud stale")
        }
        let agent = try installation.startAgent()
        let mac = try topology.uplinkMACs().host
        for external in externals {
            try eventually("the host's MAC for \(external)") {
                try topology.outside.ip("neighbour show \(external)").contains("lladdr \(mac)")
            } otherwise: {
                agent.log
            }
        }
        #expect(agent.log.contains("Announced external addresses"))
    }

    @Test func aTakeoverIsToldTwiceAndARestartNotAtAll() throws {
        let socket = try topology.outsideSocket()
        let mac = try topology.uplinkMACs().host
        let first = try installation.startAgent()
        let frames = try announcements(socket, upTo: externals[1], count: 2)
        #expect(frames.compactMap(announced) == externals + externals)
        let request = try #require(ARPPacket(frames[0]))
        #expect(frames[0].destination == Frame.broadcast && frames[0].source == mac && request.senderMAC == mac)
        let advertisement = try #require(IPPacket(frames[1]))
        #expect(frames[1].destination == MACAddress(rawValue: 0x3333_0000_0001) && frames[1].source == mac)
        #expect(advertisement.hopLimit == 255 && "\(advertisement.source)".hasPrefix("fe80::"))
        // Override and neither solicited nor a router, and the option with the host's MAC.
        #expect(Array(advertisement.payload[4..<8]) == [0x20, 0, 0, 0])
        #expect(Array(advertisement.payload[24...]) == [2, 1] + mac.octets)
        #expect(advertisement == advertisement.withChecksum(at: 2, hasPseudoHeader: true))

        try first.kill()
        let second = try installation.startAgent()
        #expect(try second.waitUntilReady().dataplane.applies == 0)
        // What is new is told, and its second time comes after anything that the start could have told.
        let added = address("192.0.2.51")
        try put(externals + [added])
        #expect(
            try announcements(socket, upTo: added, count: 2).compactMap(announced) == [added, added], "\(second.log)")
    }

    /// With a resync of a minute only the kernel's own events can be what tells.
    @Test func aLinkThatComesUpGetsANetworkOrAnotherMACIsFollowedAtOnce() throws {
        let external = address("198.51.100.50")
        try put([external])
        let agent = try installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.endpoint("web")?.reason.hasPrefix("198.51.100.50 is not announced: it is in no network") == true)
        #expect(report.state("web") == .up)
        #expect(try proxies() == "")

        let socket = try topology.outsideSocket()
        try topology.host.ip("address add 198.51.100.1/24 dev eth0")
        #expect(try announcements(socket, upTo: external).compactMap(announced) == [external])
        try agent.wait(for: "the reason to go") { $0.endpoint("web")?.reason == "" }
        #expect(try proxies().contains("198.51.100.50 "))

        // The kernel drops proxy entries with the carrier, and tells nobody of them.
        try topology.host.ip("link set eth0 down")
        try eventually("the entry to go") { try proxies() == "" }
        let afterwards = try topology.outsideSocket()
        try topology.host.ip("link set eth0 up")
        #expect(try announcements(afterwards, upTo: external).compactMap(announced) == [external])

        let mac = try MACAddress(text: "02:00:00:00:ff:77")
        let later = try topology.outsideSocket()
        try topology.host.ip("link set eth0 address \(mac)")
        let moved = try later.receive(within: .seconds(20)) { announced(by: $0) == external && $0.source == mac }
        #expect(moved.flatMap(ARPPacket.init)?.senderMAC == mac, "\(agent.log)")

        try topology.host.ip("address delete 198.51.100.1/24 dev eth0")
        try eventually("the entry to go") { try proxies() == "" }
        try agent.wait(for: "the reason to come back") { $0.endpoint("web")?.reason.isEmpty == false }
        #expect(try installation.run("check").exitCode == 0)
    }

    @Test func withoutTheRightToSendFramesTheRestIsProgrammed() throws {
        let agent = try installation.startAgent(preparation: "set -- setpriv --bounding-set=-net_raw \"$@\"")
        let report = try agent.waitUntilReady()
        #expect(report.state("web") == .up)
        try eventually("the warning") { agent.log.contains("it takes CAP_NET_RAW") }
        #expect(try topology.outside.pings(externals[0]))
    }

    @Test func whatNobodyAnnouncesIsANoticeAndNoFault() throws {
        try installation.configure("")
        let agent = try installation.startAgent()
        let report = try agent.waitUntilReady()
        let notice = "nat.announce is false: the network must route 2 external addresses here"
        #expect(report.dataplane.notices == [notice])
        let status = try installation.run("status")
        #expect(status.exitCode == 0)
        #expect(status.output.contains("nat.announce is false: the network must route"))
        #expect(try proxies() == "")
        // A reload is enough.
        try installation.configure("nat: {announce: true}")
        try agent.reload()
        try eventually("the entries") { try proxies().split(separator: "\n").count == 2 }
        #expect(try agent.status().dataplane.notices == [])
        try installation.configure("")
        try agent.reload()
        try eventually("the entries to go") { try proxies() == "" }
    }
}
