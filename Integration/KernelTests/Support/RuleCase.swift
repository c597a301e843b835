import NetworkValues
import Testing

/// Rules, and the packets to the workload that they let pass and that they do not.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let rules: String
    let passing: [IPPacket]
    let dropped: [IPPacket]

    var testDescription: String { rules }

    init(_ rules: String, passing: [IPPacket], dropped: [IPPacket]) {
        (self.rules, self.passing, self.dropped) = (rules, passing, dropped)
    }
}

extension PolicySuite {
    /// Programs the rules as the workload's profile, and sends it both kinds of packets from outside.
    func judge(_ rule: RuleCase, apiVersion: String = "projectcalico.org/v3") throws {
        let host = try host(["judged"], [])
        try host.program(ResourceText.profile("judged", ingress: rule.rules, apiVersion: apiVersion))
        let expected = Array(rule.dropped.count..<rule.dropped.count + rule.passing.count)
        #expect(try arriving(rule.dropped + rule.passing, .fromOutside, expecting: expected) == expected)
        let drops = rule.dropped.isEmpty ? [:] : ["policy-to": rule.dropped.count]
        #expect(try host.drops(of: "cali1", expecting: drops) == drops)
    }
}

// MARK: Packets from outside to the workload

extension RuleCase {
    /// The workload's first address of the source's family.
    private static func workload(_ source: String) -> IPAddress {
        address(source.contains(":") ? "2001:db8:65::1" : "10.65.0.1")
    }

    static func udp(_ source: String, _ sourcePort: UInt16, _ port: UInt16, to target: String? = nil) -> IPPacket {
        .udp(from: address(source), sourcePort, to: target.map(address) ?? workload(source), port)
    }

    static func tcp(_ source: String, _ sourcePort: UInt16, _ port: UInt16, to target: String? = nil) -> IPPacket {
        .tcp(from: address(source), sourcePort, to: target.map(address) ?? workload(source), port, flags: 2)
    }

    static let ping = IPPacket.echoRequest(from: address("192.0.2.2"), to: address("10.65.0.1"), identifier: 3)

    /// The first packet of an SCTP association, well-formed: conntrack drops any other as invalid.
    static func sctp(_ source: String, _ sourcePort: UInt16, _ port: UInt16) -> IPPacket {
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
    static let esp = IPPacket(
        source: address("192.0.2.2"), destination: address("10.65.0.1"), protocol: 50,
        payload: [0, 0, 0, 1, 0, 0, 0, 1])

    /// The first packet of UDP-Lite, its checksum over all of it (RFC 3828).
    static func udpLite(_ source: String, _ sourcePort: UInt16, _ port: UInt16) -> IPPacket {
        let ports = [sourcePort, port].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        return IPPacket(
            source: address(source), destination: address("10.65.0.1"), protocol: 136,
            payload: ports + [0, 0, 0, 0, 1, 2, 3, 4]
        ).withChecksum(at: 6, hasPseudoHeader: true)
    }

    /// A request of ICMP, or of ICMPv6 from an IPv6 address. Conntrack takes the types 8 (echo), 13 (timestamp),
    /// 15 (information) and 17 (address mask), 128 (echo) and 139 (node information) of ICMPv6 for the first of a
    /// connection; others are replies and errors, which are related to one or invalid.
    static func icmp(_ type: UInt8, _ code: UInt8 = 0, from source: String = "192.0.2.2") -> IPPacket {
        let isIPv6 = source.contains(":")
        return IPPacket(
            source: address(source), destination: workload(source), protocol: isIPv6 ? 58 : 1,
            payload: [type, code, 0, 0, type, code, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        ).withChecksum(at: 2, hasPseudoHeader: isIPv6)
    }
}

extension IPPacket {
    /// The packet with an empty header for the destination's options before its payload (RFC 8200 section 4.6).
    var behindDestinationOptions: IPPacket {
        var packet = self
        packet.protocol = 60
        packet.payload = [self.protocol, 0, 1, 4, 0, 0, 0, 0] + payload
        return packet
    }
}
