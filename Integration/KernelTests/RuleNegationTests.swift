import Testing

/// What the negated fields of a rule leave out, judged by packets that pass and packets that do not.
struct RuleNegationTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test(arguments: cases)
    func aRuleLeavesOutWhatItNegatesAndNothingElse(_ rule: RuleCase) throws {
        try judge(rule)
    }

    private static let cases: [RuleCase] = [
        RuleCase(
            "{action: Allow, notProtocol: TCP}",
            passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping, RuleCase.esp],
            dropped: [RuleCase.tcp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, notProtocol: 1, ipVersion: 4}", passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.esp],
            dropped: [RuleCase.ping]),
        RuleCase(
            "{action: Allow, notProtocol: UDP, protocol: udp}", passing: [], dropped: [RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, notProtocol: UDP, protocol: TCP}", passing: [RuleCase.tcp("192.0.2.2", 1, 2)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, protocol: ICMP, notICMP: {type: 8}}", passing: [RuleCase.icmp(13), RuleCase.icmp(17)],
            dropped: [RuleCase.ping, RuleCase.icmp(8, 1), RuleCase.udp("192.0.2.2", 1, 2), RuleCase.esp]),
        // Another type, or this type with another code.
        RuleCase(
            "{action: Allow, protocol: ICMP, notICMP: {type: 8, code: 1}}",
            passing: [RuleCase.ping, RuleCase.icmp(8, 2), RuleCase.icmp(13, 1)],
            dropped: [RuleCase.icmp(8, 1), RuleCase.udp("192.0.2.2", 1, 2)]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8}, notICMP: {type: 8, code: 1}}",
            passing: [RuleCase.ping, RuleCase.icmp(8, 2)],
            dropped: [RuleCase.icmp(8, 1), RuleCase.icmp(13)]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8}, notICMP: {type: 8}}", passing: [],
            dropped: [RuleCase.ping, RuleCase.icmp(13)]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 1}, notICMP: {type: 8, code: 1}}", passing: [],
            dropped: [RuleCase.icmp(8, 1), RuleCase.ping]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 1}, notICMP: {type: 8, code: 2}}",
            passing: [RuleCase.icmp(8, 1)], dropped: [RuleCase.icmp(8, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, protocol: ICMP, icmp: {type: 8}, notICMP: {type: 13}}", passing: [RuleCase.ping],
            dropped: [RuleCase.icmp(13), RuleCase.icmp(17)]),
        RuleCase(
            "{action: Allow, source: {notNets: [198.51.100.64/26]}}",
            passing: [RuleCase.udp("198.51.100.63", 1, 2), RuleCase.udp("198.51.100.128", 1, 2), RuleCase.ping],
            dropped: [RuleCase.udp("198.51.100.64", 1, 2), RuleCase.tcp("198.51.100.127", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {notNets: [198.51.0.0/16]}}",
            passing: [RuleCase.udp("198.52.0.0", 1, 2), RuleCase.ping],
            dropped: [RuleCase.udp("198.51.0.0", 1, 2), RuleCase.udp("198.51.255.255", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {notNets: [198.51.100.7/32]}}", passing: [RuleCase.udp("198.51.100.8", 1, 2)],
            dropped: [RuleCase.udp("198.51.100.7", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {notNets: [198.51.100.0/25, 203.0.113.9/32]}}",
            passing: [RuleCase.udp("198.51.100.128", 1, 2), RuleCase.udp("203.0.113.8", 1, 2)],
            dropped: [RuleCase.udp("198.51.100.127", 1, 2), RuleCase.udp("203.0.113.9", 1, 2)]),
        RuleCase(
            "{action: Allow, source: {nets: [198.51.100.0/24], notNets: [198.51.100.7/32]}}",
            passing: [RuleCase.udp("198.51.100.6", 1, 2)], dropped: [RuleCase.udp("198.51.100.7", 1, 2), RuleCase.ping]),
        RuleCase(
            """
            {action: Allow, source: {nets: [198.51.100.0/24, 203.0.113.0/24], notNets: [198.51.100.7, 203.0.113.128/25]}}
            """,
            passing: [RuleCase.udp("198.51.100.6", 1, 2), RuleCase.udp("203.0.113.127", 1, 2)],
            dropped: [RuleCase.udp("198.51.100.7", 1, 2), RuleCase.udp("203.0.113.128", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, destination: {notNets: [10.65.0.3/32]}}", passing: [RuleCase.udp("192.0.2.2", 1, 2)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2, to: "10.65.0.3")]),
        RuleCase(
            "{action: Allow, source: {notNets: [0.0.0.0/0]}}", passing: [],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping]),
        RuleCase(
            "{action: Allow, source: {notNets: [0.0.0.0/1, 128.0.0.0/1]}}", passing: [],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.udp("11.0.0.1", 1, 2)]),
        // Networks of the other family leave this one alone.
        RuleCase(
            "{action: Allow, source: {notNets: [\"2001:db8::/32\", \"::/0\"]}}",
            passing: [RuleCase.udp("192.0.2.2", 1, 2), RuleCase.ping], dropped: []),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {notPorts: [53]}}",
            passing: [RuleCase.udp("192.0.2.2", 53, 54), RuleCase.udp("192.0.2.2", 1, 52)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 53), RuleCase.tcp("192.0.2.2", 1, 54)]),
        RuleCase(
            "{action: Allow, protocol: TCP, source: {notPorts: [\"100:200\"]}}",
            passing: [RuleCase.tcp("192.0.2.2", 99, 150), RuleCase.tcp("192.0.2.2", 201, 2)],
            dropped: [
                RuleCase.tcp("192.0.2.2", 100, 2), RuleCase.tcp("192.0.2.2", 200, 2), RuleCase.udp("192.0.2.2", 1, 2),
            ]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {notPorts: [7, \"9:11\"]}}",
            passing: [RuleCase.udp("192.0.2.2", 7, 8), RuleCase.udp("192.0.2.2", 1, 12)],
            dropped: [
                RuleCase.udp("192.0.2.2", 1, 7), RuleCase.udp("192.0.2.2", 1, 9), RuleCase.udp("192.0.2.2", 1, 11),
            ]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {ports: [\"80:90\"], notPorts: [85]}}",
            passing: [RuleCase.udp("192.0.2.2", 85, 84)],
            dropped: [RuleCase.udp("192.0.2.2", 1, 85), RuleCase.udp("192.0.2.2", 1, 91)]),
        RuleCase(
            "{action: Allow, protocol: SCTP, source: {notPorts: [1]}, destination: {ports: [9, 10], notPorts: [10]}}",
            passing: [RuleCase.sctp("192.0.2.2", 2, 9)],
            dropped: [
                RuleCase.sctp("192.0.2.2", 1, 9), RuleCase.sctp("192.0.2.2", 2, 10), RuleCase.sctp("192.0.2.2", 2, 11),
            ]),
        RuleCase(
            "{action: Allow, protocol: UDP, destination: {notPorts: [\"0:65535\"]}}", passing: [],
            dropped: [RuleCase.udp("192.0.2.2", 1, 2)]),
    ]

    @Test(arguments: v1Cases)
    func theOlderFormatMeansTheSame(_ rule: RuleCase) throws {
        try judge(rule, apiVersion: "v1")
    }

    private static let v1Cases: [RuleCase] = [
        RuleCase(
            """
            {action: deny, "!protocol": udp}, {action: allow, source: {net: 198.51.100.0/24, "!net": 198.51.100.7/32}}
            """,
            passing: [RuleCase.udp("198.51.100.6", 1, 2)],
            dropped: [
                RuleCase.udp("198.51.100.7", 1, 2), RuleCase.tcp("198.51.100.6", 1, 2), RuleCase.udp("192.0.2.2", 1, 2),
            ]),
        RuleCase(
            "{action: allow, protocol: icmp, \"!icmp\": {type: 8, code: 1}}",
            passing: [RuleCase.ping, RuleCase.icmp(13)],
            dropped: [RuleCase.icmp(8, 1), RuleCase.esp]),
        RuleCase(
            "{action: allow, protocol: udp, source: {\"!ports\": [5]}, destination: {\"!nets\": [10.65.0.3/32]}}",
            passing: [RuleCase.udp("192.0.2.2", 6, 5)],
            dropped: [RuleCase.udp("192.0.2.2", 5, 2), RuleCase.udp("192.0.2.2", 6, 2, to: "10.65.0.3")]),
    ]
}
