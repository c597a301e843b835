import Nftables

extension Skeleton {
    /// 1:1 NAT through maps: no rule per mapping, and a miss translates nothing.
    static func nat(_ options: DataplaneOptions) -> [ChainDefinition] {
        let inbound = Rule(.translate(.destination, .ipv4, [.ipv4Destination], map: KnownSet.dnat4.name))
        return [
            ChainDefinition(
                .margay, "nat-prerouting", base: BaseChain(.nat, hook: .prerouting, priority: -100), [inbound]),
            ChainDefinition(.margay, "nat-output", base: BaseChain(.nat, hook: .output, priority: -100), [inbound]),
            ChainDefinition(
                .margay, "nat-postrouting", base: BaseChain(.nat, hook: .postrouting, priority: 100),
                [
                    // An endpoint that reaches itself by its external address must see that address as the source,
                    // or it would answer itself directly.
                    Rule(
                        .translate(
                            .source, .ipv4, [.ipv4Source, .ipv4Destination], map: KnownSet.hairpin4.name))
                ] + (options.natOutbound ? outbound(options) : [])),
        ]
    }

    /// The set of endpoints is asked as well as the prefixes: an endpoint's interface need not carry one.
    private static func outbound(_ options: DataplaneOptions) -> [Rule] {
        let toOutside = options.interfacePrefixes.map {
            Statement.match(.namePrefix(.oifname, $0, isInverted: true))
        }
        return [
            Rule(.lookup(.oifname, in: .endpoints), .accept),
            Rule(
                toOutside + [
                    .lookup(.ipv4Destination, in: .natExcluded4, inverted: true),
                    .translate(.source, .ipv4, [.ipv4Source], map: KnownSet.snat4.name),
                ]),
        ]
    }
}
