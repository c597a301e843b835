import NetworkValues
import Nftables

extension Skeleton {
    /// The source filter for IP: an endpoint's interface sends only with its own MAC and addresses.
    ///
    /// It stands at -450, before conntrack's defragmentation (-400): later it would see only reassembled packets, and a
    /// fragment with a neighbour's source or a foreign MAC would pass inside one. No accept of a workload's packet stands
    /// above a MAC check.
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
                counting(Name.dropMAC, in: .dropsMAC),
                counting(Name.dropIP, in: .dropsIP),
                counting(Name.dropND, in: .dropsND),
                counting(Name.dropRA, in: .dropsRA),
            ] + sourceIPv6(options)
        return chains + (options.filtersDHCP ? [counting(Name.dropDHCP, in: .dropsDHCP)] : [])
    }

    private static func entry(_ options: DataplaneOptions) -> [Rule] {
        // A server's reply has a valid source, so it must be met before the fast accept.
        func serverReply(_ server: UInt16, _ client: UInt16, _ more: Statement...) -> [Rule] {
            guard options.filtersDHCP else { return [] }
            return [
                Rule(
                    [
                        .equal(.sourcePort(.udp), Value(bigEndian: server)),
                        .equal(.destinationPort(.udp), Value(bigEndian: client)),
                    ] + more + [.lookup(.iifname, in: .endpoints), .goto(Name.dropDHCP)])
            ]
        }
        return otherInterfaces(options) + serverReply(67, 68, firstFragment)
            + [Rule(.lookup(.iifname, .etherSource, .ipv4Source, in: .source4), .accept)]
            + serverReply(547, 546)
            // All else is looked at more closely: the source of a router advertisement may be the workload's own, and what
            // stands behind extension headers may not be what it seems.
            + [Value.tcp, .udp].map { transport in
                Rule(
                    .equal(.ipv6NextHeader, transport),
                    .lookup(.iifname, .etherSource, .ipv6Source, in: .source6), .accept)
            } + [
                Rule(.lookup(.iifname, in: .endpoints), .goto(Name.source))
            ] + unknownInterfaces(options, .iifname)
    }

    /// Packets of the uplink, half of all there are, leave at once: the other rules would cost them one lookup more. A
    /// workload's packet pays a comparison for it, as long as its interface has a prefix.
    private static func otherInterfaces(_ options: DataplaneOptions) -> [Rule] {
        guard !options.interfacePrefixes.isEmpty else { return [] }
        let noPrefix = options.interfacePrefixes.map {
            Statement.match(.namePrefix(.iifname, $0, isInverted: true))
        }
        return [Rule(noPrefix + [.lookup(.iifname, in: .endpoints, inverted: true), .accept])]
    }

    /// The kernel's quick way to load ports (nft_payload_fast_eval) takes a later fragment's data for them.
    private static let firstFragment = Statement.equal(.ipv4FragmentOffset, Value(bigEndian: 0))

    /// What may leave with the right MAC and none of the endpoint's addresses.
    ///
    /// A DHCP client without an address names its MAC in the message as well (`chaddr`, RFC 2131 section 2), and that is
    /// what a server gives an address to: with others' a workload could take all that there are.
    private static func sourceIPv4Rest(_ options: DataplaneOptions) -> [Rule] {
        let client: [Statement] = [
            .equal(.ipv4Source, .anyIPv4), .equal(.ipv4Destination, .broadcastIPv4),
            .equal(.sourcePort(.udp), Value(bigEndian: 68)), .equal(.destinationPort(.udp), Value(bigEndian: 67)),
            firstFragment,
        ]
        let clients = [
            Rule(client + [.lookup(.iifname, .transportBytes(at: 36, count: 6), in: .ownMACs), .accept]),
            Rule(client + [.lookup(.iifname, in: .bare), .accept]),
            Rule(client + [.goto(Name.dropDHCP)]),
        ]
        return (options.filtersDHCP ? clients : []) + [
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
        static let multicastListener = "multicast-listener"
        static let routerSolicitation = "nd-router-solicitation"
        static let neighbourSolicitation = "nd-neighbour-solicitation"
        static let neighbourAdvertisement = "nd-neighbour-advertisement"
        static let neighbourAdvertisementSource = "nd-neighbour-advertisement-source"
        static let ownTarget = "nd-own-target"
        static let dropMAC = "drop-mac"
        static let dropIP = "drop-ip"
        static let dropND = "drop-nd"
        static let dropRA = "drop-ra"
        static let dropDHCP = "drop-dhcp"
        static let hostEssentials = "host-essentials"
        static let endpointToHost = "endpoint-to-host"
        static let denyEgress = "deny-egress"
        static let denyIngress = "deny-ingress"
    }
}
