import Nftables

extension Skeleton {
    /// The source filter for IP: an endpoint's interface sends only with its own MAC and addresses.
    ///
    /// It stands at -450, before conntrack's defragmentation (-400): later it would see only reassembled packets, and a
    /// fragment with a neighbour's source or a foreign MAC would pass inside one. The usual packet leaves by the second
    /// rule; no accept stands above a MAC check.
    static func sourceFilter(_ options: DataplaneOptions) -> [ChainDefinition] {
        let base = BaseChain(.filter, hook: .prerouting, priority: -450)
        var entry: [Rule] = []
        if options.filtersDHCP {
            // A server's reply has a valid source, so it must be met before the fast accept.
            entry.append(
                Rule(
                    .equal(.sourcePort(.udp), Value(bigEndian: 67)),
                    .equal(.destinationPort(.udp), Value(bigEndian: 68)),
                    .lookup(.iifname, in: .endpoints), .goto(Name.dropDHCP)))
        }
        entry.append(Rule(.lookup(.iifname, .etherSource, .ipv4Source, in: .source4), .accept))
        entry.append(Rule(.lookup(.iifname, in: .endpoints), .goto(Name.source)))
        entry += unknownInterfaces(options, .iifname)

        var chains = [
            ChainDefinition(.margay, "source-filter", base: base, entry),
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
            // IPv6 is closed: a workload's neighbour discovery counts as `nd`, all else as `ip`.
            ChainDefinition(
                .margay, Name.sourceIPv6,
                [
                    Rule(.lookup(.iifname, .etherSource, in: .macs), .goto(Name.sourceIPv6Rest)),
                    Rule(.lookup(.iifname, in: .bare), .goto(Name.sourceIPv6Rest)),
                    Rule(.goto(Name.dropMAC)),
                ]),
            ChainDefinition(
                .margay, Name.sourceIPv6Rest,
                [
                    Rule(.equal(.transportProtocol, Value(octet: 58)), .goto(Name.dropND)),
                    Rule(.goto(Name.dropIP)),
                ]),
            counting(Name.dropMAC, in: .dropsMAC),
            counting(Name.dropIP, in: .dropsIP),
            counting(Name.dropND, in: .dropsND),
        ]
        if options.filtersDHCP {
            chains.append(counting(Name.dropDHCP, in: .dropsDHCP))
        }
        return chains
    }

    /// What may leave with the right MAC and none of the endpoint's addresses.
    private static func sourceIPv4Rest(_ options: DataplaneOptions) -> [Rule] {
        let client = Rule(
            .equal(.ipv4Source, .anyIPv4), .equal(.ipv4Destination, .broadcastIPv4),
            .equal(.sourcePort(.udp), Value(bigEndian: 68)), .equal(.destinationPort(.udp), Value(bigEndian: 67)),
            .accept)
        return (options.filtersDHCP ? [client] : []) + [Rule(.goto(Name.dropIP))]
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
        static let dropMAC = "drop-mac"
        static let dropIP = "drop-ip"
        static let dropND = "drop-nd"
        static let dropDHCP = "drop-dhcp"
        static let hostEssentials = "host-essentials"
        static let endpointToHost = "endpoint-to-host"
        static let denyEgress = "deny-egress"
        static let denyIngress = "deny-ingress"
    }
}
