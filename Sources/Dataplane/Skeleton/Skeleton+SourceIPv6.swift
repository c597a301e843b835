import NetworkValues
import Nftables

extension Skeleton {
    /// The source filter for IPv6 beyond the fast accept: what is not plainly TCP or UDP from one of the endpoint's
    /// addresses.
    ///
    /// Payload that a packet does not have matches nothing, so all of this says what may pass and ends in a drop.
    static func sourceIPv6(_ options: DataplaneOptions) -> [ChainDefinition] {
        let chains = [
            ChainDefinition(
                .margay, Name.sourceIPv6,
                [
                    Rule(.lookup(.iifname, .etherSource, in: .macs), .goto(Name.sourceIPv6Rest)),
                    Rule(.lookup(.iifname, in: .bare), .goto(Name.sourceIPv6Rest)),
                    Rule(.goto(Name.dropMAC)),
                ]),
            ChainDefinition(.margay, Name.sourceIPv6Rest, sourceIPv6Rest(options)),
            ChainDefinition(.margay, Name.multicastListener, multicastListener),
            ChainDefinition(.margay, Name.sourceIPv6Address, sourceIPv6Address(options)),
        ]
        return chains + (options.filtersND ? neighbourDiscovery : [])
    }

    /// IPv6 with the right MAC, or of an endpoint without one. A workload is no router, so it advertises none and
    /// redirects nobody.
    private static func sourceIPv6Rest(_ options: DataplaneOptions) -> [Rule] {
        // The headers that the kernel walks to find the payload (ipv6_ext_hdr). Behind a fragment's header they would let
        // the first fragment end before what is inside can be seen: ICMPv6 of any kind, a DHCP server's ports. Nobody
        // sends that; fragmented ESP is another matter, and passes.
        let hidden = ([0, 43, 44, 51, 60] as [UInt8]).map {
            Rule(.equal(.fragmentNextHeader, Value(octet: $0)), .goto(Name.dropND))
        }
        let discovery: [(UInt8, String)] = [
            (133, Name.routerSolicitation), (135, Name.neighbourSolicitation), (136, Name.neighbourAdvertisement),
        ]
        let types: [(UInt8, String)] =
            [(134, Name.dropRA), (137, Name.dropRA)]
            + (options.filtersND ? discovery : discovery.map { ($0.0, Name.sourceIPv6Address) })
            + [130, 131, 132, 143].map { ($0, Name.multicastListener) }
            + [1, 2, 3, 4, 128, 129].map { ($0, Name.sourceIPv6Address) }
        return hidden
            // Neither holds for a packet in which the kernel finds no transport protocol: one cut short, or a later
            // fragment whose header lies about what follows.
            + [Rule(.match(.notEqual(.transportProtocol, .icmpv6)), .goto(Name.sourceIPv6Address))]
            + types.map { type, chain in Rule(.equal(.icmpv6Type, .icmpv6(type)), .goto(chain)) }
            + [
                // What a later fragment belongs to was decided by the first one, whose header alone counts when they are
                // put together (RFC 8200 section 4.5).
                Rule(
                    .match(.notEqual(.fragmentOffset, Value(bigEndian: 0))), .equal(.transportProtocol, .icmpv6),
                    .goto(Name.sourceIPv6Address)),
                Rule(.goto(Name.dropND)),
            ]
    }

    /// An interface without an address yet reports its groups too (RFC 3590).
    private static let multicastListener: [Rule] = [
        Rule(.equal(.ipv6Source, .anyIPv6), .match(.network(.ipv6Destination, linkMulticast)), .accept),
        Rule(.goto(Name.sourceIPv6Address)),
    ]

    private static func sourceIPv6Address(_ options: DataplaneOptions) -> [Rule] {
        let unspecified = Rule(.equal(.ipv6Source, .anyIPv6), .equal(.transportProtocol, .icmpv6), .accept)
        return [
            Rule(.lookup(.iifname, .etherSource, .ipv6Source, in: .source6), .accept),
            Rule(.lookup(.iifname, .ipv6Source, in: .bare6), .accept),
            Rule(.match(.network(.ipv6Source, linkLocal)), .accept),
        ] + (options.filtersND ? [] : [unspecified]) + [
            Rule(.lookup(.iifname, .ipv6Source, in: .wide6), .accept),
            Rule(.goto(Name.dropIP)),
        ]
    }

    /// fe80::/64, not /10: the 54 bits in between are zero in every link-local address (RFC 4291 section 2.5.6).
    private static let linkLocal = IPPrefix(IPAddress(family: .v6, rawValue: 0xfe80 << 112), length: 64)

    /// ff02::/16, multicast that stays on the link (RFC 4291 section 2.7).
    private static let linkMulticast = IPPrefix(IPAddress(family: .v6, rawValue: 0xff02 << 112), length: 16)

    // MARK: Neighbour discovery (RFC 4861)

    /// The few shapes that workloads have reason to send, each by its exact length, so that there is room for nothing
    /// beside what is looked at. `ip6 length` is that of the message since nothing stands between it and the header.
    private static let neighbourDiscovery: [ChainDefinition] = [
        ChainDefinition(
            .margay, Name.routerSolicitation,
            plainOnly + [
                Rule(length(8), .equal(.ipv6Source, .anyIPv6), .accept),
                Rule(length(8), .goto(Name.sourceIPv6Address)),
            ] + ownOption(.source, length: 16, at: 8, then: Name.sourceIPv6Address) + [Rule(.goto(Name.dropND))]),
        ChainDefinition(
            .margay, Name.neighbourSolicitation,
            plainOnly + [
                // Duplicate address detection: with a nonce as Linux sends it (RFC 7527), or without.
                Rule(.equal(.ipv6Source, .anyIPv6), length(24), .goto(Name.ownTarget)),
                Rule(
                    .equal(.ipv6Source, .anyIPv6), length(32), option(.nonce, at: 24), .goto(Name.ownTarget)),
                Rule(.equal(.ipv6Source, .anyIPv6), .goto(Name.dropND)),
                // Whom it looks for is its own business.
                Rule(length(24), .goto(Name.sourceIPv6Address)),
            ] + ownOption(.source, length: 32, at: 24, then: Name.sourceIPv6Address) + [Rule(.goto(Name.dropND))]),
        ChainDefinition(
            .margay, Name.neighbourAdvertisement,
            plainOnly + [Rule(length(24), .goto(Name.neighbourAdvertisementSource))]
                + ownOption(.target, length: 32, at: 24, then: Name.neighbourAdvertisementSource)
                + [Rule(.goto(Name.dropND))]),
        ChainDefinition(
            .margay, Name.neighbourAdvertisementSource,
            [
                Rule(.lookup(.iifname, .etherSource, .ipv6Source, in: .source6), .goto(Name.ownTarget)),
                Rule(.lookup(.iifname, .ipv6Source, in: .bare6), .goto(Name.ownTarget)),
                Rule(.match(.network(.ipv6Source, linkLocal)), .goto(Name.ownTarget)),
                Rule(.lookup(.iifname, .ipv6Source, in: .wide6), .goto(Name.ownTarget)),
                Rule(.goto(Name.dropIP)),
            ]),
        ChainDefinition(
            .margay, Name.ownTarget,
            [
                Rule(.lookup(.iifname, .transportBytes(at: 8, count: 16), in: .ownTargets), .accept),
                Rule(.lookup(.iifname, .transportBytes(at: 8, count: 16), in: .ownTargetsWide), .accept),
                Rule(
                    .equal(
                        .transportBytes(at: 8, count: 8),
                        Value(bytes: [0xfe, 0x80, 0, 0, 0, 0, 0, 0], text: "0xfe80000000000000")), .accept),
                Rule(.goto(Name.dropND)),
            ]),
    ]

    /// Not forwarded by anybody, and with nothing in between, a fragment's header least of all (RFC 6980).
    private static let plainOnly: [Rule] = [
        Rule(.match(.notEqual(.ipv6HopLimit, Value(octet: 255))), .goto(Name.dropND)),
        Rule(.match(.notEqual(.ipv6NextHeader, .icmpv6)), .goto(Name.dropND)),
    ]

    private static func length(_ bytes: UInt16) -> Statement { .equal(.ipv6Length, Value(bigEndian: bytes)) }

    /// Options by their type; each of these is 8 bytes long with an Ethernet address or the usual nonce in it.
    private enum Option: UInt16 {
        case source = 1
        case target = 2
        case nonce = 14
    }

    private static func option(_ option: Option, at offset: UInt32) -> Statement {
        let typeAndLength = option.rawValue << 8 | 1
        return .equal(
            .transportBytes(at: offset, count: 2),
            Value(bigEndian: typeAndLength).named("0x\(String(typeAndLength, radix: 16))"))
    }

    /// A message of exactly this length whose one option names the endpoint's own link-layer address; any address where
    /// the endpoint has no MAC.
    private static func ownOption(
        _ kind: Option, length bytes: UInt16, at offset: UInt32, then chain: String
    ) -> [Rule] {
        [
            Rule(
                length(bytes), option(kind, at: offset),
                .lookup(.iifname, .transportBytes(at: offset + 2, count: 6), in: .ownMACs), .goto(chain)),
            Rule(length(bytes), option(kind, at: offset), .lookup(.iifname, in: .bare), .goto(chain)),
        ]
    }
}
