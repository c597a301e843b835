import NetworkValues
import Resources
import Selectors
import Testing

/// Profiles in the older format.
@Suite struct V1ProfileTests {
    private func profile(_ text: String) throws -> Profile {
        guard case .profile(let profile) = try accepted(text) else { throw Unexpected(report: ["not a profile"]) }
        return profile
    }

    @Test("every field means what its v3 counterpart means")
    func fields() throws {
        func network(_ text: String) throws -> IPPrefix { try IPPrefix(parsing: text) }
        let mark = V1Spelling.exclamationMark
        #expect(
            try profile(RoundTripTests.v1Profile)
                == Profile(
                    format: .v1,
                    metadata: Metadata(name: "p", labels: ["a": "b"], annotations: ["c": "d"]),
                    tags: ["web", "b.c_d-E"],
                    ingress: [
                        Rule(
                            action: .allow, protocol: .tcp,
                            source: EntityRule(
                                nets: [network("10.0.0.0/8")], notNets: [network("10.1.0.0/16")],
                                ports: [.range(PortRange(1))],
                                v1Spelling: [.net, .notNet]),
                            destination: EntityRule(
                                nets: [network("10.9.0.0/16")], notNets: [network("10.9.1.0/24")],
                                notPorts: [.range(PortRange(2, 3)!)])),
                        Rule(
                            action: .deny, ipVersion: .v4, notProtocol: IPProtocol(rawValue: 47),
                            source: EntityRule(notNets: [network("10.0.0.0/8")], v1Spelling: [mark, .notNet]),
                            destination: EntityRule(notNets: [network("10.9.0.0/16")], v1Spelling: mark),
                            v1Spelling: mark),
                        Rule(
                            action: .deny, protocol: .udp, notProtocol: .tcp,
                            destination: EntityRule(
                                notPorts: [.range(PortRange(1)), .range(PortRange(2, 3)!)], v1Spelling: mark)),
                        Rule(
                            action: .allow,
                            source: EntityRule(
                                selector: Selector(parsing: "a == 'b'"), notSelector: Selector(parsing: "has(c)"),
                                v1Spelling: mark),
                            destination: EntityRule(notSelector: Selector(parsing: "has(d)"))),
                    ],
                    egress: [
                        Rule(
                            action: .log, protocol: .icmp, icmp: ICMPFields(type: 8, code: 0),
                            notICMP: ICMPFields(type: 3), v1Spelling: mark),
                        Rule(
                            action: .pass, protocol: .icmpv6, notICMP: ICMPFields(type: 128), v1Spelling: .nextTier),
                        Rule(action: .pass),
                    ],
                    labelsToApply: ["a": "b", "web": "", "b.c_d-E": ""],
                    otherSpecFields: ["labelsToApply": .mapping(["unknown": .text("here")])]))
    }

    @Test("the documented sample loads as it is")
    func sample() {
        #expect(
            report(
                """
                apiVersion: v1
                kind: profile
                metadata:
                  name: profile1
                  labels:
                    profile: profile1
                spec:
                  ingress:
                  - action: deny
                    source:
                      nets:
                      - 10.0.20.0/24
                  - action: allow
                    source:
                      selector: profile == 'profile1'
                  egress:
                  - action: allow
                """) == [
                    "e.yaml:1:1 accepted Profile profile1"
                ])
    }

    @Test("a rule that cannot be enforced as written is an error", arguments: cases)
    func rule(_ example: Example) {
        let text = """
            apiVersion: v1
            kind: profile
            metadata: {name: p}
            spec:
              ingress:
              - \(example.text)

            """
        #expect(report(text).joined(separator: "\n") == example.report)
    }

    static let cases: [Example] = [
        Example(
            "{action: accept}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: "accept" is not a valid action: allow, deny, log or pass
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: allow, source: {tag: a, '!tag': b}, destination: {notTag: a, notSelector: b, '!selector': c}}",
            """
            e.yaml:6:30: error: spec.ingress[0].source.tag: tags of rules are not read: write selector: has(…), for a \
            profile's tags are labels of its endpoints
            e.yaml:6:38: error: spec.ingress[0].source["!tag"]: tags of rules are not read: write notSelector: has(…), \
            for a profile's tags are labels of its endpoints
            e.yaml:6:64: error: spec.ingress[0].destination.notTag: tags of rules are not read: write notSelector: \
            has(…), for a profile's tags are labels of its endpoints
            e.yaml:6:89: error: spec.ingress[0].destination.notSelector: not a valid selector: the selector ends here: expected an \
            operator after label "b": ==, !=, in, not in, contains, starts with or ends with
            e.yaml:6:91: error: spec.ingress[0].destination["!selector"]: means the same as "notSelector", which is \
            given as well: remove one
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: allow, source: {net: 10.0.0.0/8, nets: [10.0.0.0/8], notNet: 10.1.0.0/16, '!nets': [10.2.0.0/16]}}",
            """
            e.yaml:6:30: error: spec.ingress[0].source.net: means the same as "nets", which is given as well: remove one
            e.yaml:6:88: error: spec.ingress[0].source["!nets"]: means the same as "notNet", which is given as well: \
            remove one
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: allow, notProtocol: udp, '!protocol': tcp, source: {net: [10.0.0.0/8]}}",
            """
            e.yaml:6:39: error: spec.ingress[0]["!protocol"]: means the same as "notProtocol", which is given as well: \
            remove one
            e.yaml:6:71: error: spec.ingress[0].source.net: a text is expected here, not a list
            e.yaml:1:1 rejected Profile p
            """),
        // Fields of v3 alone.
        Example(
            "{action: allow, metadata: {}, http: {}, source: {services: {name: a}}}",
            """
            e.yaml:6:21: error: spec.ingress[0].metadata: unknown field: the rule cannot be enforced as written
            e.yaml:6:35: error: spec.ingress[0].http: unknown field: the rule cannot be enforced as written
            e.yaml:6:54: error: spec.ingress[0].source.services: unknown field: the rule cannot be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
    ]

    @Test("fields of the older format are unknown in v3, tags in an endpoint too")
    func notInV3() {
        #expect(
            report(
                """
                {apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p, tags: [a]},
                 spec: {ingress: [{action: Allow, "!protocol": tcp, source: {net: 10.0.0.0/8, "!ports": [1], tag: a}}]}}
                """) == [
                    "e.yaml:1:71: warning: metadata.tags: unknown field, kept without effect",
                    "e.yaml:2:35: error: spec.ingress[0][\"!protocol\"]: unknown field: the rule cannot be enforced as "
                        + "written; did you mean \"notProtocol\"?",
                    "e.yaml:2:62: error: spec.ingress[0].source.net: unknown field: the rule cannot be enforced as written",
                    "e.yaml:2:79: error: spec.ingress[0].source[\"!ports\"]: unknown field: the rule cannot be enforced "
                        + "as written; did you mean \"notPorts\"?",
                    "e.yaml:2:94: error: spec.ingress[0].source.tag: unknown field: the rule cannot be enforced as written",
                    "e.yaml:1:1 rejected Profile p",
                ])
        #expect(
            report(
                """
                {apiVersion: v1, kind: workloadEndpoint, spec: {interfaceName: cali1, ipNetworks: [10.0.0.1]},
                 metadata: {name: eth0, workload: w, orchestrator: o, node: n, tags: [a]}}
                """
            ).first == "e.yaml:2:64: warning: metadata.tags: unknown field, kept without effect")
    }

    @Test("tags are names")
    func tags() {
        #expect(
            report("{apiVersion: v1, kind: profile, metadata: {name: p, tags: [a, a, 'b c', {}]}}") == [
                "e.yaml:1:63: warning: metadata.tags[1]: a is listed already, on line 1",
                "e.yaml:1:66: error: metadata.tags[2]: \"b c\" is not a valid name: 1 to 253 letters, digits, '.', '_', '-'",
                "e.yaml:1:73: error: metadata.tags[3]: a text is expected here, not a mapping",
                "e.yaml:1:1 rejected Profile p",
            ])
    }
}
