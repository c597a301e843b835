import NetworkValues
import Resources
import Testing

/// The rules of a profile: the text of one rule on line 6, and all that is said about it.
@Suite struct RuleTests {
    @Test("a rule that cannot be enforced as written is an error, never ignored", arguments: cases)
    func rule(_ example: Example) {
        #expect(report(profile(rule: example.text)).joined(separator: "\n") == example.report)
    }

    @Test("a rule keeps its action, protocol, networks and ports")
    func decoded() throws {
        let text = "{action: deny, protocol: udplite, source: {nets: [10.0.0.0/8, 'fd00::/8'], notNets: [10.1.0.0/16]}}"
        let ports = "{action: Allow, protocol: 6, destination: {ports: [80, '443', '1000:2000'], notPorts: [1500]}}"
        let icmp = "{action: log, ipVersion: 4, protocol: 1, icmp: {type: '3'}, notICMP: {type: 3, code: 255}}"
        let other = "{action: PASS, ipVersion: '6', notProtocol: sctp}"
        let document =
            profile(rule: text) + "  egress: [\(ports), \(icmp), \(other)]\n  labelsToApply: {tier: 1}\n"
        guard case .profile(let profile) = try accepted(document) else {
            Issue.record("not a profile")
            return
        }
        let nets = [try IPPrefix(parsing: "10.0.0.0/8"), try IPPrefix(parsing: "fd00::/8")]
        #expect(
            profile
                == Profile(
                    metadata: Metadata(name: "p"),
                    ingress: [
                        Rule(
                            action: .deny, protocol: .udpLite,
                            source: EntityRule(nets: nets, notNets: [try IPPrefix(parsing: "10.1.0.0/16")]))
                    ],
                    egress: [
                        Rule(
                            action: .allow, protocol: .tcp,
                            destination: EntityRule(
                                ports: [.range(PortRange(80)), .range(PortRange(443)), .range(PortRange(1000, 2000)!)],
                                notPorts: [.range(PortRange(1500))])),
                        Rule(
                            action: .log, ipVersion: .v4, protocol: .icmp, icmp: ICMPFields(type: 3),
                            notICMP: ICMPFields(type: 3, code: 255)),
                        Rule(action: .pass, ipVersion: .v6, notProtocol: .sctp),
                    ],
                    labelsToApply: ["tier": "1"]))
        #expect(profile.key.description == "Profile p")
    }

    private func profile(rule: String) -> String {
        """
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: p}
        spec:
          ingress:
          - \(rule)

        """
    }

    static let cases: [Example] = [
        Example(
            "{action: Allow}",
            """
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{}",
            """
            e.yaml:6:5: error: spec.ingress[0].action: is required: Allow, Deny, Log or Pass
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: accept}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: "accept" is not a valid action: Allow, Deny, Log or Pass
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: next-tier}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: "next-tier" is not a valid action: Allow, Deny, Log or Pass
            e.yaml:1:1 rejected Profile p
            """),
        Example("{action: LOG}", "e.yaml:1:1 accepted Profile p"),
        Example("{action: pass}", "e.yaml:1:1 accepted Profile p"),
        Example(
            "{action: Allow, protocol: 0}",
            """
            e.yaml:6:31: error: spec.ingress[0].protocol: "0" is not a valid protocol: TCP, UDP, ICMP, \
            ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: gre}",
            """
            e.yaml:6:31: error: spec.ingress[0].protocol: "gre" is not a valid protocol: TCP, UDP, ICMP, \
            ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: 47, source: {ports: [80]}}",
            """
            e.yaml:6:51: error: spec.ingress[0].source.ports: only a rule with protocol TCP, UDP or SCTP can \
            match ports
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: gre, source: {ports: [80]}}",
            """
            e.yaml:6:31: error: spec.ingress[0].protocol: "gre" is not a valid protocol: TCP, UDP, ICMP, \
            ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: deny, protocol: tcp, destination: {ports: [80, '1000:2000', 5:1, http, 70000, {}]}}",
            """
            e.yaml:6:74: error: spec.ingress[0].destination.ports[2]: "5:1" is not a valid port or port \
            range: 1 to 65535, or a range such as 8000:8010, or the name of a port
            e.yaml:6:85: error: spec.ingress[0].destination.ports[4]: "70000" is not a valid port or port \
            range: 1 to 65535, or a range such as 8000:8010, or the name of a port
            e.yaml:6:92: error: spec.ingress[0].destination.ports[5]: a text is expected here, not a mapping
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, destination: {ports: [80]}}",
            """
            e.yaml:6:42: error: spec.ingress[0].destination.ports: only a rule with protocol TCP, UDP or SCTP \
            can match ports
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {nets: [10.0.0.0/8], notNets: [10.1.0.0/16, x], selector: a == b}}",
            """
            e.yaml:6:73: error: spec.ingress[0].source.notNets[1]: "x" is not a valid IP network: CIDR notation such as \
            10.65.0.2/32 or 2001:db8::1/128
            e.yaml:6:92: error: spec.ingress[0].source.selector: not a valid selector: "b" here: expected a text in \
            quotes, such as "a" or 'a'
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {notSelector: x, namespaceSelector: y, notPorts: [1, x1]}}",
            """
            e.yaml:6:44: error: spec.ingress[0].source.notSelector: not a valid selector: the selector ends here: expected an \
            operator after label "x": ==, !=, in, not in, contains, starts with or ends with
            e.yaml:6:66: error: spec.ingress[0].source.namespaceSelector: not a valid selector: the selector ends here: expected an \
            operator after label "y": ==, !=, in, not in, contains, starts with or ends with
            e.yaml:6:78: error: spec.ingress[0].source.notPorts: only a rule with protocol TCP, UDP or SCTP can \
            match ports
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, destination: {serviceAccounts: {names: [a]}, services: {name: a}}}",
            """
            e.yaml:6:66: error: spec.ingress[0].destination.services: Kubernetes' Services are not read: name the \
            endpoints behind the service by a selector, or its networks
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, http: {methods: [GET]}}",
            """
            e.yaml:6:21: error: spec.ingress[0].http: what an HTTP request says cannot be matched: rules judge \
            packets, by addresses, protocols and ports
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, ipVersion: 5, notProtocol: x}",
            """
            e.yaml:6:32: error: spec.ingress[0].ipVersion: "5" is not a valid IP version: 4 or 6
            e.yaml:6:48: error: spec.ingress[0].notProtocol: "x" is not a valid protocol: TCP, UDP, ICMP, \
            ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, ipVersion: 6, protocol: icmp}",
            """
            e.yaml:6:32: error: spec.ingress[0].ipVersion: IPv6 has no protocol ICMP: write 4, or leave ipVersion out
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, notProtocol: ICMPv6, ipVersion: 4}",
            """
            e.yaml:6:53: error: spec.ingress[0].ipVersion: IPv4 has no protocol ICMPv6: write 6, or leave ipVersion \
            out
            e.yaml:1:1 rejected Profile p
            """),
        Example("{action: Allow, ipVersion: 4, protocol: icmp}", "e.yaml:1:1 accepted Profile p"),
        Example(
            "{action: Allow, icmp: {type: 8}, notICMP: {type: 3, code: 1}}",
            """
            e.yaml:6:27: error: spec.ingress[0].icmp: only a rule with protocol ICMP or ICMPv6 can match types and codes
            e.yaml:6:47: error: spec.ingress[0].notICMP: only a rule with protocol ICMP or ICMPv6 can match types and \
            codes
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: UDP, icmp: {type: 8}}",
            """
            e.yaml:6:42: error: spec.ingress[0].icmp: only a rule with protocol ICMP or ICMPv6 can match types and codes
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: ICMP, icmp: {type: 255, code: 256}, notICMP: {type: -1, code: x}}",
            """
            e.yaml:6:50: error: spec.ingress[0].icmp.type: "255" is not a valid ICMP type: a number from 0 to 254
            e.yaml:6:61: error: spec.ingress[0].icmp.code: "256" is not a valid ICMP code: a number from 0 to 255
            e.yaml:6:83: error: spec.ingress[0].notICMP.type: "-1" is not a valid ICMP type: a number from 0 to 254
            e.yaml:6:93: error: spec.ingress[0].notICMP.code: "x" is not a valid ICMP code: a number from 0 to 255
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: ICMP, icmp: {code: 1}, notICMP: {tpye: 1}}",
            """
            e.yaml:6:37: error: spec.ingress[0].icmp.type: is required: a code belongs to a type, from 0 to 254
            e.yaml:6:64: error: spec.ingress[0].notICMP.tpye: unknown field: the rule cannot be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: gre, icmp: [8]}",
            """
            e.yaml:6:31: error: spec.ingress[0].protocol: "gre" is not a valid protocol: TCP, UDP, ICMP, \
            ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255
            e.yaml:6:42: error: spec.ingress[0].icmp: a mapping is expected here, not a list
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, protocol: ICMP, icmp: {type: 3, code: 1}, notICMP: {type: 3}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: notICMP excludes all that icmp names
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, protocol: ICMP, icmp: {type: 3}, notICMP: {type: 3, code: 1}}",
            "e.yaml:1:1 accepted Profile p"),
        Example(
            "{action: Allow, protocol: UDP, notProtocol: 17}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: protocol and notProtocol are the same
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, protocol: ICMPv6, destination: {nets: [10.0.0.0/8]}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: protocol leaves only IPv6, destination.nets leaves \
            only IPv4
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, ipVersion: 4, source: {nets: ['fd00::/8']}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: ipVersion leaves only IPv4, source.nets leaves only \
            IPv6
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, source: {notNets: ['::/0', 10.0.0.0/8]}, destination: {notNets: [0.0.0.0/0]}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: source.notNets leaves only IPv4, \
            destination.notNets leaves only IPv6
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, source: {notNets: ['::/0', 0.0.0.0/0]}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: source.notNets leaves nothing
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, ipVersion: , source: {selector: '', notNets: [], services: {}}, icmp: {}}",
            """
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, sorce: {nets: [10.0.0.0/8]}, source: {net: [10.0.0.0/8]}}",
            """
            e.yaml:6:21: error: spec.ingress[0].sorce: unknown field: the rule cannot be enforced as written; \
            did you mean "source"?
            e.yaml:6:59: error: spec.ingress[0].source.net: unknown field: the rule cannot be enforced as \
            written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, metadata: {annotations: {why: not}, x: 1}}",
            """
            e.yaml:6:57: error: spec.ingress[0].metadata.x: unknown field: the rule cannot be enforced as \
            written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {nets: [10.0.0.0/8]}, destination: {nets: ['fd00::/8']}}",
            """
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: source.nets leaves only IPv4, destination.nets \
            leaves only IPv6
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, source: {nets: [10.0.0.0/8, 'fd00::/8']}, destination: {nets: ['fd00::/8']}}",
            """
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "Allow",
            """
            e.yaml:6:5: error: spec.ingress[0]: a mapping is expected here, not the text "Allow"
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {nets: 10.0.0.0/8}}",
            """
            e.yaml:6:36: error: spec.ingress[0].source.nets: a list of IP networks is expected here, not the \
            text "10.0.0.0/8"
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {nets: [10.1.2.3/8]}}",
            """
            e.yaml:6:37: warning: spec.ingress[0].source.nets[0]: "10.1.2.3/8" has address bits beyond its \
            length and is read as 10.0.0.0/8
            e.yaml:1:1 accepted Profile p
            """),
        Example(
            "{action: Allow, source: [10.0.0.0/8]}",
            """
            e.yaml:6:29: error: spec.ingress[0].source: a mapping is expected here, not a list
            e.yaml:1:1 rejected Profile p
            """),
    ]
}
