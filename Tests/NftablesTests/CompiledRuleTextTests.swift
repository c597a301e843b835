import NetworkValues
import Nftables
import Testing

/// Instructions turned back into what nft would list.
struct CompiledRuleTextTests {
    private static func network(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }
    private static let address = Value(try! IPAddress(parsing: "10.0.0.1"))

    static let rules: [Rule] = [
        Rule(.counter, .verdict(.drop)),
        Rule(.verdict(.jump("c")), comment: "profile p"),
        Rule(.match(.equal(.sourcePort(.udp), Value(bigEndian: 68))), .verdict(.accept)),
        Rule(.match(.equal(.transportProtocol, Value(octet: 6))), .verdict(.accept)),
        Rule(.match(.notEqual(.transportProtocol, Value(octet: 6)))),
        Rule(.match(.range(.destinationPort(.tcp), PortRange(80, 90)!)), .counter),
        Rule(.match(.inSet([.iifname, .etherSource, .ipv4Source], "source4")), .verdict(.accept)),
        Rule(.match(.inSet([.oifname], "endpoints", isInverted: true)), .verdict(.drop)),
        Rule(.match(.namePrefix(.iifname, "cali")), .match(.namePrefix(.oifname, "tap", isInverted: true))),
        Rule(.match(.conntrackState([.established, .related])), .verdict(.accept)),
        Rule(.match(.network(.ipv4Source, network("10.0.0.0/8"))), .match(.equal(.ipv4Destination, address))),
        Rule(.match(.network(.ipv4Source, network("10.128.0.0/9")))),
        Rule(.match(.network(.ipv6Destination, network("2001:db8::/33"))), .verdict(.return)),
        Rule(
            .match(.network(.ipv6Source, network("fd00::/8"))),
            .match(.equal(.destinationPort(.tcp), Value(bigEndian: 22))), .verdict(.accept)),
        Rule(.verdictMap([.iifname], "from")),
        Rule(.translate(.source, .ipv4, [.ipv4Source, .ipv4Destination], map: "hairpin4")),
    ]

    @Test(arguments: rules.indices)
    func aRuleIsSpelledFromItsInstructionsAsFromItsStatements(index: Int) {
        let rule = Self.rules[index]
        #expect(rule.compiled(in: .inet).text(in: .inet) == rule.text)
    }

    @Test func arpFieldsAreNamedInTheirFamilyOnly() {
        let rule = Rule(
            .match(.equal(.arpOperation, Value(bigEndian: 2))), .match(.inSet([.oifname, .arpSenderIPv4], "own")),
            .verdict(.drop))
        #expect(rule.compiled(in: .arp).text(in: .arp) == "arp operation 2 oifname . arp saddr ip @own drop")
        #expect(rule.compiled(in: .arp).text(in: .inet) == "@nh,48,16 0x0002 oifname . @nh,112,32 @own drop")
    }

    @Test func whatIsForeignStandsInBrackets() {
        let rule = CompiledRule(expressions: [.counter, .foreign("quota"), .verdict(.drop)], comment: nil)
        #expect(rule.text(in: .inet) == "counter [quota] drop")
    }
}
