import NetworkValues
import Nftables
import Testing

/// One construct per line: what nft is to read.
struct RuleTextTests {
    static func network(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }

    static let lines: [(Rule, String)] = [
        (Rule(.counter, .verdict(.drop)), "counter drop"),
        (Rule(.verdict(.goto("drop-mac"))), "goto drop-mac"),
        (
            Rule(.verdict(.jump("profile-p-egress")), comment: "profile p"),
            "jump profile-p-egress comment \"profile p\""
        ),
        (
            Rule(.match(.equal(.sourcePort(.udp), Value(bigEndian: 68))), .verdict(.accept)),
            "udp sport 68 accept"
        ),
        (
            Rule(.match(.inSet([.iifname, .etherSource, .ipv4Source], "source4")), .verdict(.accept)),
            "iifname . ether saddr . ip saddr @source4 accept"
        ),
        (Rule(.match(.inSet([.oifname], "endpoints", isInverted: true))), "oifname != @endpoints"),
        (Rule(.match(.namePrefix(.iifname, "cali"))), "iifname \"cali*\""),
        (Rule(.match(.namePrefix(.oifname, "cali", isInverted: true))), "oifname != \"cali*\""),
        (
            Rule(.match(.conntrackState([.established, .related])), .verdict(.accept)),
            "ct state established,related accept"
        ),
        (Rule(.match(.network(.ipv4Source, network("10.0.0.0/8")))), "ip saddr 10.0.0.0/8"),
        (Rule(.match(.network(.ipv6Destination, network("2001:db8::1/128")))), "ip6 daddr 2001:db8::1"),
        (Rule(.match(.range(.destinationPort(.tcp), PortRange(80, 90)!))), "tcp dport 80-90"),
        (Rule(.match(.notEqual(.transportProtocol, Value(octet: 6)))), "meta l4proto != 6"),
        (
            Rule(.match(.network(.ipv4Source, network("10.0.0.0/9"), isInverted: true))), "ip saddr != 10.0.0.0/9"
        ),
        (
            Rule(.match(.network(.ipv6Destination, network("2001:db8::1/128"), isInverted: true))),
            "ip6 daddr != 2001:db8::1"
        ),
        (
            Rule(.match(.range(.destinationPort(.udp), PortRange(80, 90)!, isInverted: true))), "udp dport != 80-90"
        ),
        (
            Rule(
                .match(.equal(.icmpType, Value(octet: 3))), .match(.notEqual(.icmpCode, Value(octet: 1))),
                .log(prefix: "margay p egress[0]: ")),
            "icmp type 3 icmp code != 1 log prefix \"margay p egress[0]: \" level info"
        ),
        (
            Rule(
                .match(.equal(.icmpv6Type, Value(octet: 128))), .match(.equal(.icmpv6Code, Value(octet: 0))),
                .verdict(.return)),
            "icmpv6 type 128 icmpv6 code 0 return"
        ),
        (
            Rule(
                .match(.notEqual(.fragmentOffset, Value(bigEndian: 0))),
                .match(.equal(.fragmentNextHeader, Value(octet: 60)))), "frag frag-off != 0 frag nexthdr 60"
        ),
        (Rule(.match(.equal(.ipv4FragmentOffset, Value(bigEndian: 0)))), "ip frag-off & 8191 0"),
        (
            Rule(
                .match(.equal(.ipv6Length, Value(bigEndian: 32))), .match(.notEqual(.ipv6HopLimit, Value(octet: 255))),
                .match(.inSet([.iifname, .transportBytes(at: 26, count: 6)], "own-macs"))),
            "ip6 length 32 ip6 hoplimit != 255 iifname . @th,208,48 @own-macs"
        ),
        (Rule(.verdictMap([.iifname], "from")), "iifname vmap @from"),
        (
            Rule(.translate(.source, .ipv4, [.ipv4Source, .ipv4Destination], map: "hairpin4")),
            "snat ip to ip saddr . ip daddr map @hairpin4"
        ),
        (Rule(.translate(.destination, .ipv4, [.ipv4Destination], map: "dnat4")), "dnat ip to ip daddr map @dnat4"),
    ]

    @Test(arguments: lines.indices)
    func rulesAreSpelledAsNftDoes(index: Int) {
        #expect(Self.lines[index].0.text == Self.lines[index].1)
    }
}

/// The instructions that nft derives from the same text, seen with `nft --debug=netlink`.
struct RuleCompilationTests {
    private func compile(_ statements: Statement..., in family: TableFamily = .inet) -> [Expression] {
        Rule(statements).compiled(in: family).expressions
    }

    @Test func aFragmentsFieldIsMaskedWhereItStands() {
        let register = Register(rawValue: 1)
        #expect(
            compile(.match(.notEqual(.fragmentOffset, Value(bigEndian: 0)))) == [
                .meta(.nfproto, into: register), .compare(.equal, register, [10]),
                .extensionHeader(44, offset: 2, length: 2, into: register), .mask(register, [0xff, 0xf8]),
                .compare(.notEqual, register, [0, 0]),
            ])
    }

    @Test func aPortMatchKnowsItsTransport() {
        #expect(
            compile(.match(.equal(.destinationPort(.tcp), Value(bigEndian: 80)))) == [
                .meta(.l4proto, into: Register(rawValue: 1)), .compare(.equal, Register(rawValue: 1), [6]),
                .payload(.transport, offset: 2, length: 2, into: Register(rawValue: 1)),
                .compare(.equal, Register(rawValue: 1), [0, 80]),
            ])
    }

    @Test func adjacentFieldsAreLoadedTogetherUpToFourBytes() {
        #expect(
            compile(
                .match(.equal(.sourcePort(.udp), Value(bigEndian: 67))),
                .match(.equal(.destinationPort(.udp), Value(bigEndian: 68))))
                == [
                    .meta(.l4proto, into: Register(rawValue: 1)), .compare(.equal, Register(rawValue: 1), [17]),
                    .payload(.transport, offset: 0, length: 4, into: Register(rawValue: 1)),
                    .compare(.equal, Register(rawValue: 1), [0, 67, 0, 68]),
                ])
        let zero = Value(IPAddress(family: .v4, rawValue: 0))
        #expect(
            compile(.match(.equal(.ipv4Source, zero)), .match(.equal(.ipv4Destination, zero))).filter {
                if case .payload(.network, _, let length, _) = $0 { length == 4 } else { false }
            }.count == 2)
    }

    @Test func typeAndCodeAreLoadedTogetherUnlessOneIsNegated() {
        func message(_ code: Match) -> [Expression] {
            Array(compile(.match(.equal(.icmpv6Type, Value(octet: 1))), .match(code)).dropFirst(4))
        }
        let first = Register(rawValue: 1)
        #expect(
            message(.equal(.icmpv6Code, Value(octet: 4))) == [
                .payload(.transport, offset: 0, length: 2, into: first), .compare(.equal, first, [1, 4]),
            ])
        #expect(
            message(.notEqual(.icmpv6Code, Value(octet: 4))) == [
                .payload(.transport, offset: 0, length: 1, into: first), .compare(.equal, first, [1]),
                .payload(.transport, offset: 1, length: 1, into: first), .compare(.notEqual, first, [4]),
            ])
    }

    @Test func outsideOfARangeIsOneInstruction() {
        let first = Register(rawValue: 1)
        #expect(
            compile(.match(.range(.destinationPort(.tcp), PortRange(80, 256)!, isInverted: true))).last
                == .outsideRange(first, [0, 80], [1, 0]))
    }

    @Test func outsideOfANetworkIsLoadedAsInside() throws {
        let network = try IPPrefix(parsing: "10.64.0.0/12")
        let (inside, outside) = (
            compile(.match(.network(.ipv4Source, network))),
            compile(.match(.network(.ipv4Source, network, isInverted: true)))
        )
        #expect(outside.dropLast() == inside.dropLast())
        #expect(outside.last == .compare(.notEqual, Register(rawValue: 1), [10, 64, 0, 0]))
    }

    @Test func logLinesAreInformation() {
        #expect(compile(.log(prefix: "p: ")) == [.log(prefix: "p: ", level: 6)])
    }

    @Test func aConcatenationStandsAtRegisterBoundaries() {
        #expect(
            compile(.match(.inSet([.iifname, .etherSource, .ipv4Source], "s"))) == [
                .meta(.iiftype, into: Register(rawValue: 1)), .compare(.equal, Register(rawValue: 1), [1, 0]),
                .payload(.link, offset: 12, length: 2, into: Register(rawValue: 1)),
                .compare(.equal, Register(rawValue: 1), [8, 0]), .meta(.iifname, into: Register(rawValue: 1)),
                .payload(.link, offset: 6, length: 6, into: Register(rawValue: 2)),
                .payload(.network, offset: 12, length: 4, into: Register(rawValue: 14)),
                .lookup(set: "s", key: Register(rawValue: 1), into: nil, isInverted: false),
            ])
    }

    @Test func whatARuleHasEstablishedIsNotAskedAgain() {
        let expressions = compile(
            .match(.equal(.networkProtocol, Value(octet: 2))), .match(.equal(.transportProtocol, Value(octet: 6))),
            .match(.inSet([.ipv4Source], "a")), .match(.equal(.destinationPort(.tcp), Value(bigEndian: 1))))
        #expect(expressions.filter { if case .meta(.nfproto, _) = $0 { true } else { false } }.count == 1)
        #expect(expressions.filter { if case .meta(.l4proto, _) = $0 { true } else { false } }.count == 1)
    }

    @Test func prefixesOfWholeBytesAreShorterLoads() throws {
        let byteAligned = compile(.match(.network(.ipv4Source, try IPPrefix(parsing: "10.65.0.0/16"))))
        #expect(byteAligned.last == .compare(.equal, Register(rawValue: 1), [10, 65]))
        let masked = compile(.match(.network(.ipv4Source, try IPPrefix(parsing: "10.64.0.0/12"))))
        #expect(masked.suffix(2).first == .mask(Register(rawValue: 1), [255, 240, 0, 0]))
        #expect(masked.last == .compare(.equal, Register(rawValue: 1), [10, 64, 0, 0]))
    }

    @Test func arpNeedsNoFamily() {
        #expect(
            compile(.match(.equal(.arpSenderIPv4, Value(IPAddress(family: .v4, rawValue: 1)))), in: .arp) == [
                .payload(.network, offset: 14, length: 4, into: Register(rawValue: 1)),
                .compare(.equal, Register(rawValue: 1), [0, 0, 0, 1]),
            ])
    }
}
