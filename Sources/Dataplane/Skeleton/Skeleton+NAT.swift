import NetworkValues
import Nftables

extension Skeleton {
    /// 1:1 NAT through maps: no rule per mapping, and a miss translates nothing.
    static func nat(_ options: DataplaneOptions) -> [ChainDefinition] {
        let inbound = IPFamily.allCases.map { family in
            Rule(.translate(.destination, family.nat, [family.destination], map: KnownSet.dnat(family).name))
        }
        // An endpoint that reaches itself by its external address must see that address as the source, or it would
        // answer itself directly.
        let hairpin = IPFamily.allCases.map { family in
            Rule(
                .translate(
                    .source, family.nat, [family.source, family.destination], map: KnownSet.hairpin(family).name))
        }
        return [
            ChainDefinition(
                .margay, "nat-prerouting", base: BaseChain(.nat, hook: .prerouting, priority: -100), inbound),
            ChainDefinition(.margay, "nat-output", base: BaseChain(.nat, hook: .output, priority: -100), inbound),
            ChainDefinition(
                .margay, "nat-postrouting", base: BaseChain(.nat, hook: .postrouting, priority: 100),
                hairpin + (options.natOutbound ? outbound(options) : [])),
        ]
    }

    /// The set of endpoints is asked as well as the prefixes: an endpoint's interface need not carry one.
    private static func outbound(_ options: DataplaneOptions) -> [Rule] {
        let toOutside = options.interfacePrefixes.map {
            Statement.match(.namePrefix(.oifname, $0, isInverted: true))
        }
        return [Rule(.lookup(.oifname, in: .endpoints), .accept)]
            + IPFamily.allCases.map { family in
                Rule(
                    toOutside + [
                        .lookup(family.destination, in: .natExcluded(family), inverted: true),
                        .translate(.source, family.nat, [family.source], map: KnownSet.snat(family).name),
                    ])
            }
    }
}

extension IPFamily {
    var source: Field { self == .v4 ? .ipv4Source : .ipv6Source }

    var destination: Field { self == .v4 ? .ipv4Destination : .ipv6Destination }

    fileprivate var nat: NATFamily { self == .v4 ? .ipv4 : .ipv6 }
}
