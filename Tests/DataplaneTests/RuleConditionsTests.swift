import NetworkValues
import Nftables
import Policy
import Resources
import Testing

@testable import Dataplane

/// A rule as people write it, and the conditions that it becomes, one line for each nft rule.
struct RuleConditionsTests {
    private func rule(_ text: String) throws -> Resources.Rule {
        let document = """
            {apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p},
             spec: {ingress: [{action: Allow, \(text)}]}}
            """
        let documents = ResourceReader().documents(in: Array(document.utf8), file: "test")
        guard case .accepted(.profile(let profile)) = try #require(documents.first).outcome else {
            Issue.record("\(documents)")
            throw CancellationError()
        }
        return try #require(profile.ingress.first)
    }

    private func lines(_ rule: Resources.Rule) -> [String] {
        var bundle = ObjectBundle()
        let lines = RuleConditions.alternatives(of: ResolvedRule(rule), { _ in .addresses }, &bundle).map {
            $0.map(\.text).joined(separator: " ")
        }
        // Sets by what they hold instead of by their hash.
        return lines.map { line in
            bundle.contentSets.reduce(line) { line, set in
                line.replacing("@\(set.key.name)", with: "@\(content(set.value))")
            }
        }
    }

    private func content(_ set: ObjectBundle.ContentSet) -> String {
        let keys = set.elements.map { element in
            (element.isIntervalEnd ? "<" : "") + set.definition.key.text(of: element.key)
        }
        return "{\(keys.joined(separator: " "))}"
    }

    static let cases: [(rule: String, lines: [String])] = [
        // Families.
        ("ipVersion: 4", ["meta nfproto ipv4"]),
        ("ipVersion: 6", ["meta nfproto ipv6"]),
        ("ipVersion: 4, source: {nets: [10.0.0.0/8, 'fd00::/8']}", ["ip saddr 10.0.0.0/8"]),
        ("ipVersion: 6, source: {nets: [10.0.0.0/8]}", []),
        ("ipVersion: 6, protocol: TCP, destination: {ports: [80]}", ["meta nfproto ipv6 tcp dport 80"]),
        ("ipVersion: 4, protocol: TCP", ["meta l4proto 6 meta nfproto ipv4"]),
        ("protocol: TCP", ["meta l4proto 6"]),
        ("protocol: ICMP", ["meta l4proto 1 meta nfproto ipv4"]),
        ("protocol: icmpv6", ["meta l4proto 58 meta nfproto ipv6"]),
        ("protocol: ICMP, source: {nets: [10.0.0.0/8, 'fd00::/8']}", ["meta l4proto 1 ip saddr 10.0.0.0/8"]),
        ("protocol: ICMPv6, source: {nets: [10.0.0.0/8]}", []),
        // Protocols.
        ("notProtocol: UDP", ["meta l4proto != 17"]),
        ("notProtocol: ICMP", ["meta l4proto != 1"]),
        ("notProtocol: ICMPv6, ipVersion: 6", ["meta l4proto != 58 meta nfproto ipv6"]),
        ("notProtocol: 47, protocol: UDP", ["meta l4proto 17"]),
        ("notProtocol: UDP, protocol: 17", []),
        (
            "notProtocol: UDP, source: {nets: [10.0.0.0/8, 'fd00::/8']}",
            ["meta l4proto != 17 ip saddr 10.0.0.0/8", "meta l4proto != 17 ip6 saddr fd00::/8"]
        ),
        // Networks, and what a negation leaves of the other family.
        ("source: {notNets: [10.0.0.0/8]}", ["ip saddr != 10.0.0.0/8", "meta nfproto ipv6"]),
        ("destination: {notNets: ['fd00::1']}", ["meta nfproto ipv4", "ip6 daddr != fd00::1"]),
        ("source: {notNets: [10.0.0.0/8]}, ipVersion: 4", ["ip saddr != 10.0.0.0/8"]),
        ("source: {notNets: [10.0.0.0/8]}, ipVersion: 6", ["meta nfproto ipv6"]),
        (
            "source: {notNets: [10.0.0.0/8, 12.0.0.0/8]}",
            ["ip saddr != @{<0.0.0.0 10.0.0.0 <11.0.0.0 12.0.0.0 <13.0.0.0}", "meta nfproto ipv6"]
        ),
        ("source: {notNets: [0.0.0.0/0]}", ["meta nfproto ipv6"]),
        ("source: {notNets: [10.0.0.0/8, 0.0.0.0/0]}, ipVersion: 4", []),
        ("source: {notNets: ['::/0']}, destination: {notNets: [10.0.0.0/8]}", ["ip daddr != 10.0.0.0/8"]),
        ("source: {notNets: ['::/0', 0.0.0.0/0]}", []),
        (
            "source: {nets: [10.0.0.0/8], notNets: [10.1.0.0/16]}", ["ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16"]
        ),
        ("source: {nets: [10.0.0.0/8], notNets: ['fd00::/8']}", ["ip saddr 10.0.0.0/8"]),
        ("source: {nets: [10.0.0.0/8], notNets: [0.0.0.0/0]}", []),
        (
            "source: {nets: [10.0.0.0/8]}, destination: {nets: ['fd00::/8', 11.0.0.0/8]}",
            ["ip saddr 10.0.0.0/8 ip daddr 11.0.0.0/8"]
        ),
        // Ports.
        ("protocol: UDP, source: {notPorts: [53]}", ["udp sport != 53"]),
        ("protocol: UDP, destination: {notPorts: ['1:9']}", ["udp dport != 1-9"]),
        ("protocol: UDP, destination: {notPorts: [7, '8:9']}", ["udp dport != @{<0 7 <10}"]),
        ("protocol: TCP, destination: {ports: ['1:9'], notPorts: [5]}", ["tcp dport 1-9 tcp dport != 5"]),
        ("protocol: TCP, destination: {notPorts: ['0:65535']}", []),
        ("protocol: TCP, source: {notPorts: ['0:9', '10:65535'], ports: [1]}", []),
        (
            "protocol: SCTP, source: {ports: [1], notNets: [10.0.0.0/8]}, destination: {notPorts: [2]}",
            ["ip saddr != 10.0.0.0/8 sctp sport 1 sctp dport != 2", "meta nfproto ipv6 sctp sport 1 sctp dport != 2"]
        ),
        // Messages.
        ("protocol: ICMP, icmp: {type: 8}", ["icmp type 8"]),
        ("protocol: ICMP, icmp: {type: 3, code: 4}, ipVersion: 4", ["icmp type 3 icmp code 4"]),
        ("protocol: ICMPv6, icmp: {type: 1, code: 0}", ["icmpv6 type 1 icmpv6 code 0"]),
        ("protocol: ICMP, notICMP: {type: 8}", ["icmp type != 8"]),
        ("protocol: ICMPv6, notICMP: {type: 1, code: 4}", ["icmpv6 type != 1", "icmpv6 type 1 icmpv6 code != 4"]),
        ("protocol: ICMP, icmp: {type: 8}, notICMP: {type: 3}", ["icmp type 8"]),
        ("protocol: ICMP, icmp: {type: 8}, notICMP: {type: 8}", []),
        ("protocol: ICMP, icmp: {type: 8, code: 1}, notICMP: {type: 8}", []),
        ("protocol: ICMP, icmp: {type: 8}, notICMP: {type: 8, code: 1}", ["icmp type 8 icmp code != 1"]),
        ("protocol: ICMP, icmp: {type: 8, code: 1}, notICMP: {type: 8, code: 1}", []),
        ("protocol: ICMP, icmp: {type: 8, code: 1}, notICMP: {type: 8, code: 2}", ["icmp type 8 icmp code 1"]),
        (
            "protocol: ICMP, notICMP: {type: 3, code: 1}, source: {notNets: [10.0.0.0/8]}",
            ["ip saddr != 10.0.0.0/8 icmp type != 3", "ip saddr != 10.0.0.0/8 icmp type 3 icmp code != 1"]
        ),
    ]

    @Test(arguments: cases.indices)
    func aRuleBecomesAnNftRuleForEachFamilyItLeaves(index: Int) throws {
        let (text, expected) = Self.cases[index]
        #expect(try lines(rule(text)) == expected, "\(text)")
    }

    /// Values that no document can hold must not match more than they say.
    @Test(arguments: [
        Resources.Rule(action: .allow, icmp: ICMPFields(type: 8)),
        Rule(action: .allow, protocol: .udp, notICMP: ICMPFields(type: 8)),
        Rule(action: .allow, destination: EntityRule(ports: [.range(PortRange(80))])),
        Rule(action: .allow, protocol: .udpLite, source: EntityRule(notPorts: [.range(PortRange(80))])),
    ])
    func whatCannotBeMatchedMatchesNothing(rule: Resources.Rule) {
        #expect(lines(rule) == [])
    }
}
