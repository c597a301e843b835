import Dataplane
import NetworkValues
import Testing

/// What a workload may say in neighbour discovery: the exact shapes that kernels send, about itself.
struct NeighbourDiscoveryFilterTests {
    private let scene: SourceScene
    private let own = SourceScene.own
    private let neighbours = SourceScene.neighbours
    private let linkLocal = SourceScene.linkLocal
    private let unspecified = address("::")
    private let allNodes = address("ff02::1")
    private let nonce: [UInt8] = [14, 1, 1, 2, 3, 4, 5, 6]

    init() throws {
        scene = try SourceScene()
    }

    private func option(_ type: UInt8, _ mac: MACAddress) -> [UInt8] { [type, 1] + mac.octets }

    private func solicitation(_ target: IPAddress, from source: IPAddress, _ options: [UInt8] = []) -> IPPacket {
        .icmpv6(from: source, to: allNodes, type: 135, body: [0, 0, 0, 0] + target.octets + options)
    }

    private func advertisement(_ target: IPAddress, from source: IPAddress, _ options: [UInt8] = []) -> IPPacket {
        .icmpv6(from: source, to: allNodes, type: 136, body: [0x60, 0, 0, 0] + target.octets + options)
    }

    private func routerSolicitation(from source: IPAddress, _ options: [UInt8] = []) -> IPPacket {
        .icmpv6(from: source, to: address("ff02::2"), type: 133, body: [0, 0, 0, 0] + options)
    }

    @Test func whatKernelsSendAboutThemselvesPasses() throws {
        let mac = scene.one.mac
        let packets = [
            solicitation(own, from: unspecified), solicitation(own, from: unspecified, nonce),
            solicitation(linkLocal, from: unspecified, nonce),
            // Whomever it looks for.
            solicitation(neighbours, from: own), solicitation(address("fe80::1"), from: linkLocal, option(1, mac)),
            solicitation(neighbours, from: own, option(1, mac)),
            advertisement(own, from: own), advertisement(own, from: own, option(2, mac)),
            advertisement(own, from: linkLocal, option(2, mac)),
            advertisement(linkLocal, from: linkLocal, option(2, mac)),
            routerSolicitation(from: unspecified), routerSolicitation(from: linkLocal),
            routerSolicitation(from: linkLocal, option(1, mac)),
        ]
        #expect(try scene.verdicts(packets) == Array(repeating: "passed", count: packets.count))
    }

    @Test func whatIsSaidAboutOthersIsDropped() throws {
        let (mac, foreign) = (scene.one.mac, SourceScene.foreignMAC)
        let packets = [
            solicitation(neighbours, from: unspecified), solicitation(neighbours, from: unspecified, nonce),
            solicitation(own, from: unspecified, option(1, mac)),
            solicitation(neighbours, from: own, option(1, foreign)),
            solicitation(neighbours, from: own, option(1, scene.two.mac)),
            solicitation(neighbours, from: own, option(2, mac)), solicitation(neighbours, from: own, nonce),
            solicitation(neighbours, from: own, option(1, mac) + option(1, foreign)),
            advertisement(neighbours, from: own), advertisement(neighbours, from: linkLocal, option(2, mac)),
            advertisement(own, from: own, option(2, foreign)), advertisement(own, from: own, option(1, mac)),
            advertisement(address("2001:db8:ffff::1"), from: own, option(2, mac)),
            advertisement(own, from: own, option(2, mac) + option(2, foreign)),
            routerSolicitation(from: linkLocal, option(1, foreign)),
            routerSolicitation(from: unspecified, option(1, mac)),
        ]
        // A solicitation of routers without a source has its own address nowhere: that is a foreign source.
        let expected = Array(repeating: "nd", count: packets.count - 1) + ["ip"]
        #expect(try scene.verdicts(packets) == expected)
        #expect(
            try scene.verdicts(solicitation(own, from: neighbours), advertisement(own, from: neighbours)) == [
                "ip", "ip",
            ])
    }

    @Test func anythingAroundItIsTooMuch() throws {
        var far = advertisement(own, from: own)
        far.hopLimit = 254
        let honest = advertisement(own, from: own)
        var code = honest
        code.payload[1] = 1
        let wrapped: [IPPacket] = [
            far, honest.behind(.hopByHop), honest.behind(.destinationOptions),
            honest.behind(.destinationOptions).behind(.hopByHop), honest.fragments(at: 8).first,
            solicitation(own, from: unspecified).behind(.destinationOptions),
            routerSolicitation(from: linkLocal).behind(.hopByHop),
        ]
        #expect(try scene.verdicts(wrapped) == Array(repeating: "nd", count: wrapped.count))
    }

    @Test func otherMessagesOfICMPv6ThatNoWorkloadSendsAreDropped() throws {
        let types: [UInt8] = [0, 5, 100, 127, 138, 139, 141, 142, 148, 151, 155, 200, 255]
        let packets = types.map { IPPacket.icmpv6(from: own, to: scene.outside, type: $0) }
        #expect(try scene.verdicts(packets) == Array(repeating: "nd", count: packets.count))
        let errors: [UInt8] = [1, 2, 3, 4, 128, 129]
        let passing = errors.map { IPPacket.icmpv6(from: own, to: scene.outside, type: $0) }
        #expect(try scene.verdicts(passing) == Array(repeating: "passed", count: passing.count))
    }

    @Test func withoutAMACTheAddressesAreBoundAlone() throws {
        try scene.program(mac: nil)
        let foreign = SourceScene.foreignMAC
        #expect(
            try scene.verdicts(
                solicitation(neighbours, from: own, option(1, foreign)),
                advertisement(own, from: own, option(2, foreign)),
                advertisement(neighbours, from: own, option(2, foreign)), solicitation(neighbours, from: unspecified),
                solicitation(own, from: unspecified, nonce)) == ["passed", "passed", "nd", "nd", "passed"])
    }

    /// Networks are its own to answer for, prefixes that it may use beside them are not.
    @Test func anEndpointAnswersForItsNetworksAndNotForSpoofedPrefixes() throws {
        try scene.program(
            ["2001:db8::1", "2001:db8:40::/64"], more: "allowSpoofedSourcePrefixes: [\"2001:db8:20::/48\"]")
        let (inside, spoofed) = (address("2001:db8:40::77"), address("2001:db8:20::7"))
        #expect(
            try scene.verdicts(
                advertisement(inside, from: inside), advertisement(own, from: inside),
                advertisement(spoofed, from: spoofed), advertisement(own, from: spoofed),
                advertisement(address("2001:db8:41::1"), from: own), solicitation(inside, from: unspecified, nonce),
                solicitation(spoofed, from: unspecified, nonce))
                == ["passed", "passed", "nd", "passed", "nd", "passed", "nd"])
    }

    @Test func theNextMessageIsJudgedByTheNewMAC() throws {
        let old = option(2, scene.one.mac)
        let new = MACAddress(rawValue: 0x0200_0000_0099)
        #expect(try scene.verdicts(advertisement(own, from: own, old)) == ["passed"])
        try scene.program(mac: "02:00:00:00:00:99")
        let frames = [old, option(2, new)].map {
            advertisement(own, from: own, $0).frame(from: new, to: scene.one.hostMAC)
        }
        #expect(try scene.verdicts(frames) == ["nd", "passed"])
        try scene.program(mac: "02:00:00:00:00:99", ["2001:db8::5"])
        let five = address("2001:db8::5")
        let changed = [advertisement(own, from: five), advertisement(five, from: five)].map {
            $0.frame(from: new, to: scene.one.hostMAC)
        }
        #expect(try scene.verdicts(changed) == ["nd", "passed"])
    }

    @Test func theInspectionCanBeLeftOutAndRoutersMessagesStayForbidden() throws {
        let open = try SourceScene(options: DataplaneOptions(node: "host", filtersND: false))
        let router = IPPacket.icmpv6(from: own, to: allNodes, type: 134, body: [UInt8](repeating: 0, count: 12))
        #expect(
            try open.verdicts(
                advertisement(neighbours, from: own, option(2, SourceScene.foreignMAC)),
                solicitation(neighbours, from: unspecified), advertisement(own, from: neighbours), router)
                == ["passed", "passed", "ip", "ra"])
        #expect(
            try open.verdicts([open.one.frame(advertisement(own, from: own), from: SourceScene.foreignMAC)]) == ["mac"])
    }
}
