import Routing
import Testing

/// What each field of a rule matches, judged by packets that pass and packets that do not.
struct RuleMatchTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test(arguments: cases)
    func aRuleMatchesWhatItSaysAndNothingElse(_ rule: RuleCase) throws {
        try judge(rule)
    }

    /// Conntrack computes the checksum of UDP-Lite with UDP's protocol number (`udplite_error`), so it takes every
    /// packet for invalid as long as it looks.
    @Test func udpLiteIsMatchedWhereConntrackDoesNotCheckIt() throws {
        try scene.topology.host.run {
            try Sysctl().write("0", to: SysctlKey(path: "net/netfilter/nf_conntrack_checksum"))
        }
        try judge(
            RuleCase(
                "{action: Allow, protocol: UDPLite}", passing: [RuleCase.udpLite("192.0.2.2", 1, 2)],
                dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.esp]))
    }

    private static let cases: [RuleCase] = [
        RuleCase(
            "{action: Allow}",
            passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.tcp("192.0.2.2", 1, 2), RuleCase.ping, RuleCase.esp],
            dropped: []),
        RuleCase(
            "{action: Deny}", passing: [],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.tcp("192.0.2.2", 1, 2), RuleCase.ping, RuleCase.esp]),
        RuleCase(
            "{action: Allow, protocol: TCP}", passing: [RuleCase.tcp("192.0.2.2", 1, 2)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping, RuleCase.esp]),
        RuleCase(
            "{action: Allow, protocol: ICMP}", passing: [RuleCase.ping],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.esp]),
        RuleCase(
            "{action: Allow, protocol: 50}", passing: [RuleCase.esp],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/25]}}",
            passing: [RuleCase.udp("198.51.100.0", 1, 2), RuleCase.udp("198.51.100.127", 1, 2)],
            dropped: [RuleCase.udp("198.51.100.128", 1, 2), RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24]}}",
            passing: [RuleCase.udp("198.51.100.255", 1, 2)],
            dropped: [RuleCase.udp("198.51.101.0", 1, 2), RuleCase.udp("198.51.99.255", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [0.0.0.0/0]}}", passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping],
            dropped: []),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.7/32, 198.51.100.64/26, 203.0.113.0/24]}}",
            passing: [
                RuleCase.udp("198.51.100.7", 1, 2), RuleCase.udp("198.51.100.64", 1, 2),
                RuleCase.udp("198.51.100.127", 1, 2),
                RuleCase.udp("203.0.113.255", 1, 2),
            ],
            dropped: [
                RuleCase.udp("198.51.100.6", 1, 2), RuleCase.udp("198.51.100.8", 1, 2),
                RuleCase.udp("198.51.100.128", 1, 2),
                RuleCase.udp("203.0.114.0", 1, 2),
            ]),
        RuleCase(
            "{action: Allow, destination: {nets: [10.65.0.3/32]}}",
            passing: [RuleCase.udp("192.0.2.2", 1, 2, to: "10.65.0.3")],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24]}, destination: {nets: [10.65.0.3/32, 10.66.0.0/16]}}",
            passing: [RuleCase.udp("198.51.100.1", 1, 2, to: "10.65.0.3")],
            dropped: [RuleCase.udp("198.51.100.1", 1, 2), RuleCase.udp("192.0.2.2", 1, 2, to: "10.65.0.3")]),
        // Networks of the other family leave the rule nothing of this one.
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8::/32\"]}}", passing: [],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [\"2001:db8::/32\", 198.51.100.0/24]}}",
            passing: [RuleCase.udp("198.51.100.1", 1, 2)], dropped: [RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: TCP, destination: {ports: [80]}}", passing: [RuleCase.tcp("192.0.2.2", 1, 80)],
            dropped: [
                RuleCase.tcp("192.0.2.2", 80, 81), RuleCase.tcp("192.0.2.2", 1, 79), RuleCase.udp("192.0.2.2", 1, 80),
                RuleCase.ping,
            ]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [53, 80, 443]}}",
            passing: [RuleCase.udp("192.0.2.2", 1, 53), RuleCase.udp("192.0.2.2", 1, 443)],
            dropped: [
                RuleCase.udp("192.0.2.2", 1, 54), RuleCase.udp("192.0.2.2", 53, 442), RuleCase.tcp("192.0.2.2", 1, 53),
            ]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [\"8000:8010\"]}}",
            passing: [RuleCase.udp("192.0.2.2", 1, 8000), RuleCase.udp("192.0.2.2", 1, 8010)],
            dropped: [
                RuleCase.udp("192.0.2.2", 1, 7999), RuleCase.udp("192.0.2.2", 1, 8011),
                RuleCase.tcp("192.0.2.2", 1, 8005),
            ]),
        RuleCase(
            "{action: Allow, protocol: TCP, destination: {ports: [22, \"1024:65535\"]}}",
            passing: [
                RuleCase.tcp("192.0.2.2", 1, 22), RuleCase.tcp("192.0.2.2", 1, 1024),
                RuleCase.tcp("192.0.2.2", 1, 65535),
            ],
            dropped: [RuleCase.tcp("192.0.2.2", 1, 23), RuleCase.tcp("192.0.2.2", 1, 1023)]),
        RuleCase(
            "{action: Allow, protocol: UDP, source: {ports: [500, \"600:610\"]}, destination: {ports: [500]}}",
            passing: [RuleCase.udp("192.0.2.2", 500, 500), RuleCase.udp("192.0.2.2", 605, 500)],
            dropped: [RuleCase.udp("192.0.2.2", 501, 500), RuleCase.udp("192.0.2.2", 500, 501)]),
        RuleCase(
            """
            {action: Allow, protocol: TCP, source: {nets: [198.51.100.0/24, 203.0.113.9/32], ports: ["1000:2000"]},
             destination: {nets: [10.65.0.3/32], ports: [80, 443]}}
            """,
            passing: [RuleCase.tcp("203.0.113.9", 1000, 443, to: "10.65.0.3")],
            dropped: [
                RuleCase.tcp("203.0.113.10", 1000, 443, to: "10.65.0.3"),
                RuleCase.tcp("203.0.113.9", 999, 443, to: "10.65.0.3"),
                RuleCase.tcp("203.0.113.9", 1000, 444, to: "10.65.0.3"), RuleCase.tcp("203.0.113.9", 1000, 443),
            ]),
        RuleCase(
            "{action: Allow, protocol: SCTP, source: {ports: [\"5000:5001\"]}, destination: {ports: [9, 10]}}",
            passing: [RuleCase.sctp("192.0.2.2", 5000, 9), RuleCase.sctp("192.0.2.2", 5001, 10)],
            dropped: [
                RuleCase.sctp("192.0.2.2", 5002, 9), RuleCase.sctp("192.0.2.2", 5000, 11),
                RuleCase.udp("192.0.2.2", 5000, 9),
            ]),
        RuleCase(
            "{action: Deny, protocol: UDP, destination: {ports: [22]}}, {action: Allow}",
            passing: [RuleCase.udp("192.0.2.2", 1, 23), RuleCase.tcp("192.0.2.2", 1, 22)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 22)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.7/32]}}, {action: Deny, source: {nets: [198.51.100.0/24]}},"
                + "{action: Allow, protocol: UDP}",
            passing: [RuleCase.udp("198.51.100.7", 1, 2), RuleCase.udp("192.0.2.2", 1, 2)],
            dropped: [RuleCase.udp("198.51.100.8", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8}}",
            passing: [RuleCase.icmp(8), RuleCase.icmp(8, 1), RuleCase.ping],
            dropped: [RuleCase.icmp(13), RuleCase.icmp(17), RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 1}}", passing: [RuleCase.icmp(8, 1)],
            dropped: [RuleCase.icmp(8), RuleCase.icmp(8, 2), RuleCase.icmp(13, 1)]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 13}, source: {nets: [198.51.100.0/24]}}",
            passing: [RuleCase.icmp(13, from: "198.51.100.1")],
            dropped: [RuleCase.icmp(13), RuleCase.icmp(8, from: "198.51.100.1")]),
        RuleCase(
            "{action: Allow, ipVersion: 4}", passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping, RuleCase.esp],
            dropped: []),
        RuleCase(
            "{action: Allow, ipVersion: 6}", passing: [], dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, ipVersion: 4, protocol: UDP, destination: {ports: [2]}}",
            passing: [RuleCase.udp("192.0.2.2", 1, 2)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 3), RuleCase.tcp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: ICMPv6}", passing: [],
            dropped: [RuleCase.ping, RuleCase.udp("192.0.2.2", 1, 58)]),
    ]
}
