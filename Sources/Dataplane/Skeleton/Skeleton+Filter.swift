import NetworkValues
import Nftables

extension Skeleton {
    /// Dispatch to the endpoints' chains.
    ///
    /// Two base chains stand on each hook, because an accept ends only its own: egress is judged in the first, ingress
    /// (or the host's protection) in the second, and neither can be skipped by the other's accept. Invalid packets are
    /// dropped in the groups' chains, not here, where other software's asymmetric traffic passes as well.
    static func filter(_ options: DataplaneOptions) -> [ChainDefinition] {
        let established = Rule(.established, .accept)
        return [
            ChainDefinition(
                .margay, "forward-from", base: BaseChain(.filter, hook: .forward, priority: 0),
                [established, Rule(.vmap(.iifname, .from))] + unknownInterfaces(options, .iifname)),
            ChainDefinition(
                .margay, "forward-to", base: BaseChain(.filter, hook: .forward, priority: 1),
                [established, Rule(.vmap(.oifname, .to))] + unknownInterfaces(options, .oifname)),
            ChainDefinition(
                .margay, "input-from", base: BaseChain(.filter, hook: .input, priority: 0),
                [
                    Rule(.lookup(.iifname, in: .endpoints), .jump(Name.hostEssentials)), established,
                    Rule(.vmap(.iifname, .from)),
                ] + unknownInterfaces(options, .iifname)),
            ChainDefinition(
                .margay, "input-host", base: BaseChain(.filter, hook: .input, priority: 1),
                [Rule(.lookup(.iifname, in: .endpoints), .goto(Name.endpointToHost))]),
            ChainDefinition(.margay, Name.hostEssentials, essentials),
            ChainDefinition(
                .margay, Name.endpointToHost,
                [Rule(.jump(Name.hostEssentials)), established]
                    + (options.acceptsEndpointToHost
                        ? [Rule(.accept)]
                        : nameResolution + [Rule(.lookup(.iifname, in: .dropsHost), .drop), Rule(.counter, .drop)])),
            // Two endpoints behind one host would otherwise be told to talk past it.
            ChainDefinition(
                .margay, "output-to-endpoints", base: BaseChain(.filter, hook: .output, priority: 0),
                [
                    Rule(
                        .equal(.icmpType, Value(octet: 5).named("redirect")), .lookup(.oifname, in: .endpoints), .drop),
                    Rule(.equal(.icmpv6Type, .redirect), .lookup(.oifname, in: .endpoints), .drop),
                ]),
            ChainDefinition(
                .margay, Name.denyEgress, [Rule(.lookup(.iifname, in: .dropsPolicyFrom), .drop), Rule(.drop)]),
            ChainDefinition(
                .margay, Name.denyIngress, [Rule(.lookup(.oifname, in: .dropsPolicyTo), .drop), Rule(.drop)]),
        ]
    }

    /// What a workload needs of the host whatever its policy says: multicast listeners, solicitations of routers and
    /// neighbours and their answers (RFC 4861, RFC 2710, RFC 3810), and an address by DHCP.
    private static let essentials: [Rule] =
        ([130, 131, 132, 133, 135, 136, 143] as [UInt8]).map { type in
            Rule(.equal(.icmpv6Type, .icmpv6(type)), .accept)
        }
        + [(68, 67), (546, 547)].map { client, server in
            Rule(
                .equal(.sourcePort(.udp), Value(bigEndian: client)),
                .equal(.destinationPort(.udp), Value(bigEndian: server)), .accept)
        }

    /// The host's resolver, if it has one, where the endpoint's egress permits it.
    private static let nameResolution: [Rule] = [Field.destinationPort(.udp), .destinationPort(.tcp)].map { port in
        Rule(.equal(port, Value(bigEndian: 53)), .accept)
    }
}
