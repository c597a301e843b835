import Dataplane
import NetworkValues
import Testing

/// Who may talk to whom: the endpoints' chains and the profiles they lead to, each judged by packets.
struct PolicyChainTests {
    private let topology: Topology
    private let one: Workload
    private let two: Workload
    private let own = address("10.65.0.1")
    private let neighbours = address("10.65.0.2")
    private let outside: IPAddress

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
    }

    private func host(
        _ firstProfiles: [String], _ secondProfiles: [String],
        options: DataplaneOptions = DataplaneOptions(node: "host")
    ) throws -> ProgrammedHost {
        let host = try ProgrammedHost(topology.host, options: options)
        try host.program(
            ResourceText.open, ResourceText.profile("egress-only", egress: "{action: Allow}"),
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "10.65.0.3"], profiles: firstProfiles),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"], profiles: secondProfiles))
        return host
    }

    /// The way that packets take in a test.
    private enum Way { case fromOutside, toOutside, betweenWorkloads, back }

    /// Sends packets and tells which arrive, as indices; waits for the expected ones.
    private func arriving(_ packets: [IPPacket], _ way: Way, expecting expected: [Int]) throws -> [Int] {
        let macs = try topology.uplinkMACs()
        let sender =
            switch way {
            case .fromOutside: try topology.outsideSocket()
            case .toOutside, .betweenWorkloads: try one.packetSocket()
            case .back: try two.packetSocket()
            }
        let receiver =
            switch way {
            case .fromOutside, .back: try one.packetSocket()
            case .toOutside: try topology.outsideSocket()
            case .betweenWorkloads: try two.packetSocket()
            }
        for packet in packets {
            switch way {
            case .fromOutside: try sender.send(packet.frame(from: macs.outside, to: macs.host))
            case .toOutside, .betweenWorkloads: try sender.send(one.frame(packet))
            case .back: try sender.send(two.frame(packet))
            }
        }
        var arrived: [Int] = []
        func take(_ frame: Frame) -> Bool {
            guard let packet = IPPacket(frame) else { return false }
            // The hop limit, and with it the header's checksum, is all that changes on the way.
            if let index = packets.firstIndex(where: {
                $0.source == packet.source && $0.destination == packet.destination && $0.protocol == packet.protocol
                    && $0.payload == packet.payload
            }) {
                arrived.append(index)
            }
            return arrived.count == expected.count
        }
        if !expected.isEmpty { _ = try receiver.receive(where: take) }
        // One too many came before the last, or is there already.
        _ = try receiver.receive(within: .milliseconds(expected.isEmpty ? 50 : 0)) { frame in
            _ = take(frame)
            return false
        }
        return arrived.sorted()
    }

    private func datagram(_ source: IPAddress, _ destination: IPAddress, _ port: UInt16) -> IPPacket {
        .udp(from: source, 4000, to: destination, port)
    }

    // MARK: Chains

    @Test func everyEndpointHasChainsOfItsOwnThatPacketsPass() throws {
        let host = try host(["open"], ["open"])
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: [0]) == [0])
        #expect(try host.counts(in: "from-cali1", expecting: [1]) == [1])
        #expect(try host.counts(in: "to-cali2", expecting: [1]) == [1])
        #expect(try host.counts(in: "to-cali1", expecting: [1]) == [1])
        #expect(try host.counts(in: "from-cali2", expecting: [0]) == [0])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func endpointsWithTheSameProfilesShareTheirChains() throws {
        let host = try host(["open"], ["open"])
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: [0]) == [0])
        #expect(try host.counts(in: "profile-open-egress", expecting: [2]) == [2])
        #expect(try host.counts(in: "profile-open-ingress", expecting: [2]) == [2])
        let ruleset = try host.ruleset()
        #expect(ruleset.occurrences(of: "goto group-1-open-egress") == 2)
        #expect(ruleset.occurrences(of: "jump profile-open-egress") == 1)
    }

    @Test(arguments: [DataplaneOptions.ChainLayout.perInterface, .shared])
    func egressAllowDoesNotSkipTheDestinationsIngress(layout: DataplaneOptions.ChainLayout) throws {
        let host = try host(["open"], ["egress-only"], options: DataplaneOptions(node: "host", chainLayout: layout))
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: []) == [])
        #expect(try host.drops(of: "cali2", expecting: ["policy-to": 1]) == ["policy-to": 1])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
        #expect(try arriving([datagram(neighbours, own, 2)], .back, expecting: [0]) == [0])
        // The reply to what the closed endpoint began comes through.
        let reply = IPPacket.udp(from: own, 2, to: neighbours, 4000)
        #expect(try arriving([reply], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try host.ruleset().contains("chain from-cali1") == (layout == .perInterface))
    }

    @Test func anEndpointWithoutProfilesIsClosedBothWays() throws {
        let host = try host([], ["open"])
        #expect(try arriving([datagram(own, outside, 1)], .toOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        let both = ["policy-from": 1, "policy-to": 1]
        #expect(try host.drops(of: "cali1", expecting: both) == both)
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: []) == [])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        // Opened and closed again by its profiles alone.
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        #expect(try arriving([datagram(own, outside, 2)], .toOutside, expecting: [0]) == [0])
        try host.program(
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], profiles: []))
        #expect(try arriving([datagram(own, outside, 3)], .toOutside, expecting: []) == [])
    }

    @Test func aProfileThatDoesNotExistAllowsNothingUntilItDoes() throws {
        let host = try host(["absent"], ["absent", "open"])
        #expect(try arriving([datagram(own, outside, 1)], .toOutside, expecting: []) == [])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: []) == [])
        let drops = ["policy-from": 1, "policy-to": 2]
        #expect(try host.drops(of: "cali1", expecting: drops) == drops)
        // The next profile in the list is asked all the same.
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        try host.program(ResourceText.profile("absent", ingress: "{action: Allow}", egress: "{action: Allow}"))
        #expect(try arriving([datagram(own, outside, 2)], .toOutside, expecting: [0]) == [0])
        #expect(try arriving([datagram(outside, own, 2)], .fromOutside, expecting: [0]) == [0])
        host.removeProfile("absent")
        try host.update()
        #expect(try arriving([datagram(own, outside, 3)], .toOutside, expecting: []) == [])
    }

    @Test func theFirstProfileThatDecidesIsFinal() throws {
        let host = try host(["guarded", "open"], ["open", "guarded"])
        try host.program(
            ResourceText.profile("guarded", egress: "{action: Deny, protocol: UDP, destination: {ports: [22]}}"))
        let target = [datagram(own, outside, 22), datagram(own, outside, 23)]
        #expect(try arriving(target, .toOutside, expecting: [1]) == [1])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
        #expect(try arriving([datagram(neighbours, own, 22)], .back, expecting: [0]) == [0])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test func repliesToAnEndpointsOwnConnectionsPassItsClosedIngress() throws {
        let host = try host(["egress-only"], [])
        let socket = try one.packetSocket()
        try socket.send(one.frame(.echoRequest(from: own, to: outside, identifier: 5)))
        let reply = try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 5) } ?? false }
        #expect(reply != nil)
        // The error that answers a datagram is related to it.
        try socket.send(one.frame(datagram(own, outside, 9)))
        let error = try socket.receive { IPPacket($0).map { $0.source == self.outside && $0.payload[0] == 3 } ?? false }
        #expect(error != nil)
        #expect(
            try arriving([.echoRequest(from: outside, to: own, identifier: 6)], .fromOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-to": 1]) == ["policy-to": 1])
    }

    // MARK: Rules

    struct RuleCase: Sendable, CustomTestStringConvertible {
        let rules: String
        let passing: [IPPacket]
        let dropped: [IPPacket]

        var testDescription: String { rules }

        init(_ rules: String, passing: [IPPacket], dropped: [IPPacket]) {
            (self.rules, self.passing, self.dropped) = (rules, passing, dropped)
        }
    }

    private static func udp(_ source: String, _ sourcePort: UInt16, _ port: UInt16, to target: String = "10.65.0.1")
        -> IPPacket
    {
        .udp(from: address(source), sourcePort, to: address(target), port)
    }

    private static func tcp(_ source: String, _ sourcePort: UInt16, _ port: UInt16, to target: String = "10.65.0.1")
        -> IPPacket
    {
        .tcp(from: address(source), sourcePort, to: address(target), port, flags: 2)
    }

    private static let ping = IPPacket.echoRequest(from: address("192.0.2.2"), to: address("10.65.0.1"), identifier: 3)

    /// The first packet of an SCTP association, well-formed: conntrack drops any other as invalid.
    private static func sctp(_ source: String, _ sourcePort: UInt16, _ port: UInt16) -> IPPacket {
        let chunk: [UInt8] = [1, 0, 0, 20, 0, 0, 0, 1, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1]
        let ports = [sourcePort, port].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        // CRC32c, least significant byte first (RFC 9260 appendix A).
        var sum = UInt32.max
        for octet in ports + [0, 0, 0, 0, 0, 0, 0, 0] + chunk {
            sum ^= UInt32(octet)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0x82f6_3b78 : 0) }
        }
        let checksum = (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> ($0 * 8)) }
        return IPPacket(
            source: address(source), destination: address("10.65.0.1"), protocol: 132,
            payload: ports + [0, 0, 0, 0] + checksum + chunk)
    }

    /// A protocol without ports (50: ESP).
    private static let esp = IPPacket(
        source: address("192.0.2.2"), destination: address("10.65.0.1"), protocol: 50,
        payload: [0, 0, 0, 1, 0, 0, 0, 1])

    @Test(arguments: [
        RuleCase("{action: Allow}", passing: [udp("192.0.2.2", 1, 2), tcp("192.0.2.2", 1, 2), ping, esp], dropped: []),
        RuleCase(
            "{action: Deny}", passing: [], dropped: [udp("192.0.2.2", 1, 2), tcp("192.0.2.2", 1, 2), ping, esp]),
        RuleCase(
            "{action: Allow, protocol: TCP}", passing: [tcp("192.0.2.2", 1, 2)],
            dropped: [udp("192.0.2.2", 1, 2), ping, esp]),
        RuleCase("{action: Allow, protocol: ICMP}", passing: [ping], dropped: [udp("192.0.2.2", 1, 2), esp]),
        RuleCase("{action: Allow, protocol: 50}", passing: [esp], dropped: [udp("192.0.2.2", 1, 2), ping]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/25]}}",
            passing: [udp("198.51.100.0", 1, 2), udp("198.51.100.127", 1, 2)],
            dropped: [udp("198.51.100.128", 1, 2), udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24]}}",
            passing: [udp("198.51.100.255", 1, 2)], dropped: [udp("198.51.101.0", 1, 2), udp("198.51.99.255", 1, 2)]),
        RuleCase("{action: Allow, source: {nets: [0.0.0.0/0]}}", passing: [udp("192.0.2.2", 1, 2), ping], dropped: []),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.7/32, 198.51.100.64/26, 203.0.113.0/24]}}",
            passing: [
                udp("198.51.100.7", 1, 2), udp("198.51.100.64", 1, 2), udp("198.51.100.127", 1, 2),
                udp("203.0.113.255", 1, 2),
            ],
            dropped: [
                udp("198.51.100.6", 1, 2), udp("198.51.100.8", 1, 2), udp("198.51.100.128", 1, 2),
                udp("203.0.114.0", 1, 2),
            ]),
        RuleCase(
            "{action: Allow, destination: {nets: [10.65.0.3/32]}}", passing: [udp("192.0.2.2", 1, 2, to: "10.65.0.3")],
            dropped: [udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24]}, destination: {nets: [10.65.0.3/32, 10.66.0.0/16]}}",
            passing: [udp("198.51.100.1", 1, 2, to: "10.65.0.3")],
            dropped: [udp("198.51.100.1", 1, 2), udp("192.0.2.2", 1, 2, to: "10.65.0.3")]),
        // Networks of the other family leave the rule nothing of this one.
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8::/32\"]}}", passing: [], dropped: [udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8::/32\", 198.51.100.0/24]}}",
            passing: [udp("198.51.100.1", 1, 2)], dropped: [udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: TCP, destination: {ports: [80]}}", passing: [tcp("192.0.2.2", 1, 80)],
            dropped: [tcp("192.0.2.2", 80, 81), tcp("192.0.2.2", 1, 79), udp("192.0.2.2", 1, 80), ping]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [53, 80, 443]}}",
            passing: [udp("192.0.2.2", 1, 53), udp("192.0.2.2", 1, 443)],
            dropped: [udp("192.0.2.2", 1, 54), udp("192.0.2.2", 53, 442), tcp("192.0.2.2", 1, 53)]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [\"8000:8010\"]}}",
            passing: [udp("192.0.2.2", 1, 8000), udp("192.0.2.2", 1, 8010)],
            dropped: [udp("192.0.2.2", 1, 7999), udp("192.0.2.2", 1, 8011), tcp("192.0.2.2", 1, 8005)]),
        RuleCase(
            "{action: Allow, protocol: TCP, destination: {ports: [22, \"1024:65535\"]}}",
            passing: [tcp("192.0.2.2", 1, 22), tcp("192.0.2.2", 1, 1024), tcp("192.0.2.2", 1, 65535)],
            dropped: [tcp("192.0.2.2", 1, 23), tcp("192.0.2.2", 1, 1023)]),
        RuleCase(
            "{action: Allow, protocol: UDP, source: {ports: [500, \"600:610\"]}, destination: {ports: [500]}}",
            passing: [udp("192.0.2.2", 500, 500), udp("192.0.2.2", 605, 500)],
            dropped: [udp("192.0.2.2", 501, 500), udp("192.0.2.2", 500, 501)]),
        RuleCase(
            """
            {action: Allow, protocol: TCP, source: {nets: [198.51.100.0/24, 203.0.113.9/32], ports: ["1000:2000"]},
             destination: {nets: [10.65.0.3/32], ports: [80, 443]}}
            """,
            passing: [tcp("203.0.113.9", 1000, 443, to: "10.65.0.3")],
            dropped: [
                tcp("203.0.113.10", 1000, 443, to: "10.65.0.3"), tcp("203.0.113.9", 999, 443, to: "10.65.0.3"),
                tcp("203.0.113.9", 1000, 444, to: "10.65.0.3"), tcp("203.0.113.9", 1000, 443),
            ]),
        RuleCase(
            "{action: Allow, protocol: SCTP, source: {ports: [\"5000:5001\"]}, destination: {ports: [9, 10]}}",
            passing: [sctp("192.0.2.2", 5000, 9), sctp("192.0.2.2", 5001, 10)],
            dropped: [sctp("192.0.2.2", 5002, 9), sctp("192.0.2.2", 5000, 11), udp("192.0.2.2", 5000, 9)]),
        RuleCase(
            "{action: Deny, protocol: UDP, destination: {ports: [22]}}, {action: Allow}",
            passing: [udp("192.0.2.2", 1, 23), tcp("192.0.2.2", 1, 22)], dropped: [udp("192.0.2.2", 1, 22)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.7/32]}}, {action: Deny, source: {nets: [198.51.100.0/24]}},"
                + "{action: Allow, protocol: UDP}",
            passing: [udp("198.51.100.7", 1, 2), udp("192.0.2.2", 1, 2)],
            dropped: [udp("198.51.100.8", 1, 2), ping]),
    ])
    func aRuleMatchesWhatItSaysAndNothingElse(_ rule: RuleCase) throws {
        let host = try host(["judged"], [])
        try host.program(ResourceText.profile("judged", ingress: rule.rules))
        let expected = Array(rule.dropped.count..<rule.dropped.count + rule.passing.count)
        #expect(try arriving(rule.dropped + rule.passing, .fromOutside, expecting: expected) == expected)
        let drops = rule.dropped.isEmpty ? [:] : ["policy-to": rule.dropped.count]
        #expect(try host.drops(of: "cali1", expecting: drops) == drops)
    }

    @Test func egressRulesAreAboutWhatTheEndpointSends() throws {
        let host = try host(["judged"], ["open"])
        try host.program(
            ResourceText.profile(
                "judged", ingress: "{action: Deny}",
                egress: """
                    {action: Allow, protocol: UDP, source: {nets: [10.65.0.3/32]}},
                    {action: Deny, destination: {nets: [192.0.2.0/24]}},
                    {action: Allow, protocol: UDP, destination: {nets: [10.65.0.2/32], ports: [53]}}
                    """))
        #expect(
            try arriving(
                [datagram(own, outside, 53), datagram(address("10.65.0.3"), outside, 53)], .toOutside, expecting: [1])
                == [1])
        #expect(
            try arriving(
                [datagram(own, neighbours, 54), datagram(own, neighbours, 53)], .betweenWorkloads, expecting: [1])
                == [1])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 2]) == ["policy-from": 2])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        #expect(
            try host.counts(in: "profile-judged-egress", expecting: [1, 1, 1]) == [1, 1, 1])
    }
}

extension String {
    /// How often the text occurs.
    fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
