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
        let text = "{action: deny, protocol: udplite, source: {nets: [10.0.0.0/8, 'fd00::/8']}}"
        let ports = "{action: Allow, protocol: 6, destination: {ports: [80, '443', '1000:2000']}}"
        let document = profile(rule: text) + "  egress: [\(ports)]\n  labelsToApply: {tier: 1}\n"
        guard case .profile(let profile) = try accepted(document) else {
            Issue.record("not a profile")
            return
        }
        let nets = [try IPPrefix(parsing: "10.0.0.0/8"), try IPPrefix(parsing: "fd00::/8")]
        #expect(
            profile
                == Profile(
                    metadata: Metadata(name: "p"),
                    ingress: [Rule(action: .deny, protocol: .udpLite, source: EntityRule(nets: nets))],
                    egress: [
                        Rule(
                            action: .allow, protocol: .tcp,
                            destination: EntityRule(ports: [PortRange(80), PortRange(443), PortRange(1000, 2000)!]))
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
            e.yaml:6:5: error: spec.ingress[0].action: is required: Allow or Deny
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Log}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: action Log is not supported by this version yet: \
            Allow or Deny
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: pass}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: action pass is not supported by this version yet: \
            Allow or Deny
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: accept}",
            """
            e.yaml:6:14: error: spec.ingress[0].action: "accept" is not a valid action: Allow or Deny
            e.yaml:1:1 rejected Profile p
            """),
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
            range: 1 to 65535, or a range such as 8000:8010
            e.yaml:6:79: error: spec.ingress[0].destination.ports[3]: named port "http" is not supported by \
            this version yet: numbers and ranges only
            e.yaml:6:85: error: spec.ingress[0].destination.ports[4]: "70000" is not a valid port or port \
            range: 1 to 65535, or a range such as 8000:8010
            e.yaml:6:92: error: spec.ingress[0].destination.ports[5]: a text is expected here, not a mapping
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
            "{action: Allow, source: {nets: [10.0.0.0/8], notNets: [10.1.0.0/16], selector: a == 'b'}}",
            """
            e.yaml:6:50: error: spec.ingress[0].source.notNets: not supported by this version yet: the rule \
            cannot be enforced as written
            e.yaml:6:74: error: spec.ingress[0].source.selector: not supported by this version yet: the rule \
            cannot be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, source: {notSelector: x, namespaceSelector: y, notPorts: [1]}}",
            """
            e.yaml:6:30: error: spec.ingress[0].source.notSelector: not supported by this version yet: the \
            rule cannot be enforced as written
            e.yaml:6:46: error: spec.ingress[0].source.namespaceSelector: not supported by this version yet: \
            the rule cannot be enforced as written
            e.yaml:6:68: error: spec.ingress[0].source.notPorts: not supported by this version yet: the rule \
            cannot be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, destination: {serviceAccounts: {names: [a]}, services: {name: a}}}",
            """
            e.yaml:6:35: error: spec.ingress[0].destination.serviceAccounts: not supported by this version \
            yet: the rule cannot be enforced as written
            e.yaml:6:66: error: spec.ingress[0].destination.services: not supported by this version yet: the \
            rule cannot be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, ipVersion: 4, icmp: {type: 8}, notICMP: {type: 3}}",
            """
            e.yaml:6:21: error: spec.ingress[0].ipVersion: not supported by this version yet: the rule cannot \
            be enforced as written
            e.yaml:6:35: error: spec.ingress[0].icmp: not supported by this version yet: the rule cannot be \
            enforced as written
            e.yaml:6:52: error: spec.ingress[0].notICMP: not supported by this version yet: the rule cannot \
            be enforced as written
            e.yaml:1:1 rejected Profile p
            """),
        Example(
            "{action: Allow, notProtocol: UDP, http: {methods: [GET]}}",
            """
            e.yaml:6:21: error: spec.ingress[0].notProtocol: not supported by this version yet: the rule \
            cannot be enforced as written
            e.yaml:6:39: error: spec.ingress[0].http: not supported by this version yet: the rule cannot be \
            enforced as written
            e.yaml:1:1 rejected Profile p
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
            e.yaml:6:5: warning: spec.ingress[0]: matches nothing: source and destination networks are of \
            different families
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
