import NetworkValues
import Nftables

extension Skeleton {
    /// The source filter for IP: an endpoint's interface sends only with its own MAC and addresses.
    ///
    /// It stands at -450, before conntrack's defragmentation (-400): later it would see only reassembled packets, and a
    /// fragment with a neighbour's source or a foreign MAC would pass inside one. The usual packet leaves by the second
    /// rule; no accept stands above a MAC check.
    static func sourceFilter(_ options: DataplaneOptions) -> [ChainDefinition] {
        let chains =
            [
                ChainDefinition(
                    .margay, "source-filter", base: BaseChain(.filter, hook: .prerouting, priority: -450),
                    entry(options)),
                ChainDefinition(
                    .margay, Name.source,
                    [
                        Rule(.equal(.networkProtocol, .nfprotoIPv4), .goto(Name.sourceIPv4)),
                        Rule(.goto(Name.sourceIPv6)),
                    ]),
                ChainDefinition(
                    .margay, Name.sourceIPv4,
                    [
                        Rule(.lookup(.iifname, .etherSource, in: .macs), .goto(Name.sourceIPv4Rest)),
                        Rule(.lookup(.iifname, .ipv4Source, in: .bare4), .accept),
                        Rule(.lookup(.iifname, in: .bare), .goto(Name.sourceIPv4Rest)),
                        Rule(.goto(Name.dropMAC)),
                    ]),
                ChainDefinition(.margay, Name.sourceIPv4Rest, sourceIPv4Rest(options)),
                ChainDefinition(
                    .margay, Name.sourceIPv6,
                    [
                        Rule(.lookup(.iifname, .etherSource, in: .macs), .goto(Name.sourceIPv6Rest)),
                        Rule(.lookup(.iifname, in: .bare), .goto(Name.sourceIPv6Rest)),
                        Rule(.goto(Name.dropMAC)),
                    ]),
                ChainDefinition(.margay, Name.sourceIPv6Rest, sourceIPv6Rest),
                ChainDefinition(.margay, Name.sourceIPv6Address, sourceIPv6Address),
                counting(Name.dropMAC, in: .dropsMAC),
                counting(Name.dropIP, in: .dropsIP),
                counting(Name.dropRA, in: .dropsRA),
            ]
        return chains + (options.filtersDHCP ? [counting(Name.dropDHCP, in: .dropsDHCP)] : [])
    }

    private static func entry(_ options: DataplaneOptions) -> [Rule] {
        // A server's reply has a valid source, so it must be met before the fast accept.
        func serverReply(_ server: UInt16, _ client: UInt16) -> [Rule] {
            guard options.filtersDHCP else { return [] }
            return [
                Rule(
                    .equal(.sourcePort(.udp), Value(bigEndian: server)),
                    .equal(.destinationPort(.udp), Value(bigEndian: client)),
                    .lookup(.iifname, in: .endpoints), .goto(Name.dropDHCP))
            ]
        }
        return serverReply(67, 68)
            + [Rule(.lookup(.iifname, .etherSource, .ipv4Source, in: .source4), .accept)]
            + serverReply(547, 546)
            + [
                // ICMPv6 is looked at more closely: the source of a router advertisement may be the workload's own.
                Rule(
                    .match(.notEqual(.transportProtocol, .icmpv6)),
                    .lookup(.iifname, .etherSource, .ipv6Source, in: .source6), .accept),
                Rule(.lookup(.iifname, in: .endpoints), .goto(Name.source)),
            ] + unknownInterfaces(options, .iifname)
    }

    /// IPv6 with the right MAC, or of an endpoint without one. A workload is no router, so it advertises none and
    /// redirects nobody.
    ///
    /// The last rule meets what the kernel finds no transport protocol in: packets cut short, and later fragments whose
    /// headers go on before the payload. Put together with an innocent first fragment, those could be any message that
    /// is dropped here.
    private static let sourceIPv6Rest: [Rule] = [
        Rule(.match(.notEqual(.transportProtocol, .icmpv6)), .goto(Name.sourceIPv6Address)),
        Rule(.equal(.icmpv6Type, .icmpv6(134)), .goto(Name.dropRA)),
        Rule(.equal(.icmpv6Type, .redirect), .goto(Name.dropRA)),
        Rule(.equal(.transportProtocol, .icmpv6), .goto(Name.sourceIPv6Address)),
        Rule(.goto(Name.dropRA)),
    ]

    /// Neighbour discovery has sources of its own, the link-local and the unspecified address.
    private static let sourceIPv6Address: [Rule] = [
        Rule(.lookup(.iifname, .etherSource, .ipv6Source, in: .source6), .accept),
        Rule(.lookup(.iifname, .ipv6Source, in: .bare6), .accept),
        Rule(.match(.network(.ipv6Source, linkLocal)), .accept),
        Rule(.equal(.ipv6Source, .anyIPv6), .equal(.transportProtocol, .icmpv6), .accept),
        Rule(.lookup(.iifname, .ipv6Source, in: .wide6), .accept),
        Rule(.goto(Name.dropIP)),
    ]

    /// fe80::/64, not /10: the 54 bits in between are zero in every link-local address (RFC 4291 section 2.5.6).
    private static let linkLocal = IPPrefix(IPAddress(family: .v6, rawValue: 0xfe80 << 112), length: 64)

    /// What may leave with the right MAC and none of the endpoint's addresses.
    private static func sourceIPv4Rest(_ options: DataplaneOptions) -> [Rule] {
        let client = Rule(
            .equal(.ipv4Source, .anyIPv4), .equal(.ipv4Destination, .broadcastIPv4),
            .equal(.sourcePort(.udp), Value(bigEndian: 68)), .equal(.destinationPort(.udp), Value(bigEndian: 67)),
            .accept)
        return (options.filtersDHCP ? [client] : []) + [
            Rule(.lookup(.iifname, .ipv4Source, in: .wide4), .accept), Rule(.goto(Name.dropIP)),
        ]
    }

    /// Drops, counting per endpoint: one element for each, no rule.
    private static func counting(_ name: String, in set: KnownSet) -> ChainDefinition {
        ChainDefinition(.margay, name, [Rule(.lookup(.iifname, in: set), .drop), Rule(.counter, .drop)])
    }

    /// A workload interface that no endpoint claims is closed.
    static func unknownInterfaces(_ options: DataplaneOptions, _ field: Field) -> [Rule] {
        guard options.dropsUnknownInterfaces else { return [] }
        return options.interfacePrefixes.map { Rule(.match(.namePrefix(field, $0)), .counter, .drop) }
    }

    /// Chain names that rules lead to.
    enum Name {
        static let source = "source"
        static let sourceIPv4 = "source-ipv4"
        static let sourceIPv4Rest = "source-ipv4-rest"
        static let sourceIPv6 = "source-ipv6"
        static let sourceIPv6Rest = "source-ipv6-rest"
        static let sourceIPv6Address = "source-ipv6-address"
        static let dropMAC = "drop-mac"
        static let dropIP = "drop-ip"
        static let dropRA = "drop-ra"
        static let dropDHCP = "drop-dhcp"
        static let hostEssentials = "host-essentials"
        static let endpointToHost = "endpoint-to-host"
        static let denyEgress = "deny-egress"
        static let denyIngress = "deny-ingress"
    }
}
