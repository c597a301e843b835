import NetworkValues
import Testing

/// The same fields for IPv6, and what rules say about both families.
struct RuleIPv6Tests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test(arguments: families + fields)
    func aRuleMatchesWhatItSaysAndNothingElse(_ rule: RuleCase) throws {
        try judge(rule)
    }

    private static let other = "2001:db8:2::7"
    private static let udp6 = RuleCase.udp(other, 1, 2)
    private static let udp4 = RuleCase.udp("198.51.100.1", 1, 2)
    private static let tcp6 = RuleCase.tcp(other, 1, 2)
    private static let ping6 = RuleCase.icmp(128, from: other)
    private static let ping4 = RuleCase.ping

    private static func icmp6(_ type: UInt8, _ code: UInt8 = 0, from source: String = other) -> IPPacket {
        RuleCase.icmp(type, code, from: source)
    }

    /// Which families are left.
    private static let families = [
        RuleCase("{action: Allow}", passing: [udp4, udp6, ping4, ping6], dropped: []),
        RuleCase("{action: Allow, ipVersion: 6}", passing: [udp6, ping6], dropped: [udp4, ping4]),
        RuleCase("{action: Allow, ipVersion: 4}", passing: [udp4, ping4], dropped: [udp6, ping6]),
        RuleCase("{action: Deny, ipVersion: 4}, {action: Allow}", passing: [udp6, ping6], dropped: [udp4, ping4]),
        RuleCase(
            "{action: Allow, ipVersion: 6, protocol: UDP, destination: {ports: [2]}}", passing: [udp6],
            dropped: [udp4, tcp6, RuleCase.udp(other, 2, 3)]),
        RuleCase("{action: Allow, protocol: ICMP}", passing: [ping4], dropped: [ping6, udp6]),
        RuleCase("{action: Allow, protocol: ICMPv6}", passing: [ping6], dropped: [ping4, udp6]),
        RuleCase("{action: Allow, notProtocol: ICMPv6}", passing: [ping4, udp6, udp4], dropped: [ping6]),
        RuleCase(
            "{action: Allow, notProtocol: UDP, ipVersion: 6}", passing: [ping6, tcp6], dropped: [udp6, udp4, ping4]),
        RuleCase("{action: Allow, source: {nets: [198.51.100.0/24]}}", passing: [udp4], dropped: [udp6]),
        RuleCase("{action: Allow, source: {notNets: [198.51.100.0/24]}}", passing: [udp6, ping4], dropped: [udp4]),
        RuleCase("{action: Allow, source: {notNets: [\"2001:db8:2::/48\"]}}", passing: [udp4], dropped: [udp6]),
        RuleCase("{action: Allow, source: {notNets: [\"::/0\"]}}", passing: [udp4], dropped: [udp6, ping6]),
        RuleCase("{action: Allow, source: {notNets: [0.0.0.0/0]}}", passing: [udp6, ping6], dropped: [udp4]),
        RuleCase(
            """
            {action: Allow, source: {nets: [198.51.100.0/24, "2001:db8:2::/48"]},
             destination: {notNets: [10.65.0.3/32, "2001:db8:65::3"]}}
            """, passing: [udp4, udp6],
            dropped: [
                ping4, RuleCase.udp("2001:db8:3::7", 1, 2), RuleCase.udp(other, 1, 2, to: "2001:db8:65::3"),
                RuleCase.udp("198.51.100.1", 1, 2, to: "10.65.0.3"),
            ]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24, \"2001:db8:2::/48\"]}, destination: {nets: [10.65.0.1]}}",
            passing: [udp4], dropped: [udp6]),
    ]

    /// Each field, within IPv6.
    private static let fields = [
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8:2::/64\"]}}",
            passing: [udp6, RuleCase.udp("2001:db8:2::ffff:ffff:ffff:ffff", 1, 2)],
            dropped: [RuleCase.udp("2001:db8:2:1::", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8:2::4/126\"]}}", passing: [udp6],
            dropped: [RuleCase.udp("2001:db8:2::3", 1, 2), RuleCase.udp("2001:db8:2::8", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8:2::7\", \"2001:db8:3::/48\"]}}",
            passing: [udp6, RuleCase.udp("2001:db8:3:ffff::1", 1, 2)],
            dropped: [RuleCase.udp("2001:db8:2::8", 1, 2), RuleCase.udp("2001:db8:4::", 1, 2)]),
        RuleCase(
            "{action: Allow, destination: {nets: [\"2001:db8:65::3\"]}}",
            passing: [RuleCase.udp(other, 1, 2, to: "2001:db8:65::3")], dropped: [udp6]),
        RuleCase(
            "{action: Allow, source: {notNets: [\"2001:db8:2::4/126\"]}}",
            passing: [RuleCase.udp("2001:db8:2::3", 1, 2), RuleCase.udp("2001:db8:2::8", 1, 2)], dropped: [udp6]),
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8:2::/48\"], notNets: [\"2001:db8:2::7\", \"2001:db8:2:9::/64\"]}}",
            passing: [RuleCase.udp("2001:db8:2::8", 1, 2)],
            dropped: [udp6, RuleCase.udp("2001:db8:2:9::1", 1, 2), RuleCase.udp("2001:db8:3::1", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: TCP, source: {ports: [1], notPorts: [9]}, destination: {ports: [\"1:3\"], notPorts: [3]}}",
            passing: [tcp6],
            dropped: [RuleCase.tcp(other, 1, 3), RuleCase.tcp(other, 2, 2), RuleCase.tcp(other, 1, 4), udp6]),
        RuleCase("{action: Allow, notProtocol: TCP}", passing: [udp6, ping6], dropped: [tcp6]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, icmp: {type: 128}}", passing: [ping6, icmp6(128, 1)],
            dropped: [icmp6(139), ping4, udp6]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, icmp: {type: 128, code: 1}}", passing: [icmp6(128, 1)],
            dropped: [ping6, icmp6(139, 1)]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, notICMP: {type: 128}}", passing: [icmp6(139)],
            dropped: [ping6, icmp6(128, 1), udp6, ping4]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, notICMP: {type: 128, code: 1}}",
            passing: [ping6, icmp6(128, 2), icmp6(139, 1)], dropped: [icmp6(128, 1), udp6]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, icmp: {type: 128}, source: {nets: [\"2001:db8:2::/48\"]}}",
            passing: [ping6],
            dropped: [icmp6(128, from: "2001:db8:3::7"), icmp6(139)]),
        // The transport protocol is what stands behind the extension headers.
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [2]}}", passing: [udp6.behindDestinationOptions],
            dropped: [RuleCase.udp(other, 1, 3).behindDestinationOptions, tcp6.behindDestinationOptions]),
        RuleCase(
            "{action: Allow, notProtocol: UDP}", passing: [tcp6.behindDestinationOptions],
            dropped: [udp6.behindDestinationOptions]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6, notICMP: {type: 139}}", passing: [ping6.behindDestinationOptions],
            dropped: [icmp6(139).behindDestinationOptions]),
    ]
}
