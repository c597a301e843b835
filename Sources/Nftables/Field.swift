/// Something of a packet that rules match on: where it stands, how long it is, and what must be known about the packet
/// before it may be read there.
public struct Field: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        case meta(MetaKey)
        case payload(PayloadBase, offset: UInt32)
        /// Of the extension header with this number (`NEXTHDR_*`), behind however many others.
        case extensionHeader(UInt8, offset: UInt32)
    }

    /// What must hold for a field to be where it is said to be. nft derives the same conditions and hides them in its
    /// listing.
    enum Dependency: Hashable, Sendable {
        /// `meta iiftype 1`: the link header is Ethernet.
        case ethernet
        case ipv4
        case ipv6
        case transport(UInt8)
    }

    /// nft's expression.
    public let text: String
    let source: Source
    /// In bytes.
    let length: Int
    let dependencies: [Dependency]
    /// The bits that are the field's, where it does not fill its bytes. Values that it is compared with stand in place.
    var mask: [UInt8]?

    var registerLength: Int { (length + 3) / 4 * 4 }

    public static let iifname = Field(text: "iifname", source: .meta(.iifname), length: 16, dependencies: [])
    public static let oifname = Field(text: "oifname", source: .meta(.oifname), length: 16, dependencies: [])
    public static let networkProtocol = Field(
        text: "meta nfproto", source: .meta(.nfproto), length: 1, dependencies: [])
    public static let transportProtocol = Field(
        text: "meta l4proto", source: .meta(.l4proto), length: 1, dependencies: [])

    public static let etherSource = Field(
        text: "ether saddr", source: .payload(.link, offset: 6), length: 6, dependencies: [.ethernet])

    // RFC 791 section 3.1.
    public static let ipv4Source = Field(
        text: "ip saddr", source: .payload(.network, offset: 12), length: 4, dependencies: [.ipv4])
    public static let ipv4Destination = Field(
        text: "ip daddr", source: .payload(.network, offset: 16), length: 4, dependencies: [.ipv4])
    /// In units of 8 bytes, in the lower 13 bits; compare it with 0 only, in nft's spelling of a mask.
    public static let ipv4FragmentOffset = Field(
        text: "ip frag-off & 8191", source: .payload(.network, offset: 6), length: 2, dependencies: [.ipv4],
        mask: [0x1f, 0xff])
    // RFC 8200 section 3.
    public static let ipv6Source = Field(
        text: "ip6 saddr", source: .payload(.network, offset: 8), length: 16, dependencies: [.ipv6])
    public static let ipv6Destination = Field(
        text: "ip6 daddr", source: .payload(.network, offset: 24), length: 16, dependencies: [.ipv6])

    /// Of the payload, extension headers included. The kernel has cut the packet to it before any hook.
    public static let ipv6Length = Field(
        text: "ip6 length", source: .payload(.network, offset: 4), length: 2, dependencies: [.ipv6])
    /// What follows the IPv6 header itself, be it the transport header or an extension header.
    public static let ipv6NextHeader = Field(
        text: "ip6 nexthdr", source: .payload(.network, offset: 6), length: 1, dependencies: [.ipv6])
    public static let ipv6HopLimit = Field(
        text: "ip6 hoplimit", source: .payload(.network, offset: 7), length: 1, dependencies: [.ipv6])

    // RFC 8200 section 4.5. A packet without fragment header has neither field, and no comparison holds.
    public static let fragmentNextHeader = Field(
        text: "frag nexthdr", source: .extensionHeader(44, offset: 0), length: 1, dependencies: [.ipv6])
    /// In units of 8 bytes, in the upper 13 bits. nft shifts the numbers it is given; 0 is 0 either way.
    public static let fragmentOffset = Field(
        text: "frag frag-off", source: .extensionHeader(44, offset: 2), length: 2, dependencies: [.ipv6],
        mask: [0xff, 0xf8])

    /// Whole bytes of the transport header, which nft spells `@th,64,128` by bits. In a packet that has fewer of them no
    /// comparison holds.
    public static func transportBytes(at offset: UInt32, count: Int) -> Field {
        Field(
            text: "@th,\(8 * offset),\(8 * count)", source: .payload(.transport, offset: offset), length: count,
            dependencies: [])
    }

    public static let icmpType = Field(
        text: "icmp type", source: .payload(.transport, offset: 0), length: 1, dependencies: [.ipv4, .transport(1)])

    // RFC 4443 section 2.1.
    public static let icmpv6Type = Field(
        text: "icmpv6 type", source: .payload(.transport, offset: 0), length: 1, dependencies: [.ipv6, .transport(58)])

    /// The source port of TCP (6), UDP (17) or SCTP (132).
    public static func sourcePort(_ transport: TransportHeader) -> Field {
        Field(
            text: "\(transport.text) sport", source: .payload(.transport, offset: 0), length: 2,
            dependencies: [.transport(transport.rawValue)])
    }

    /// The destination port of TCP (6), UDP (17) or SCTP (132).
    public static func destinationPort(_ transport: TransportHeader) -> Field {
        Field(
            text: "\(transport.text) dport", source: .payload(.transport, offset: 2), length: 2,
            dependencies: [.transport(transport.rawValue)])
    }

    /// The source port of whatever transport protocol the packet is of, as far as that begins with its ports: a protocol
    /// must be asked for beside it.
    public static let anySourcePort = Field(
        text: "th sport", source: .payload(.transport, offset: 0), length: 2, dependencies: [])

    /// The destination port, likewise.
    public static let anyDestinationPort = Field(
        text: "th dport", source: .payload(.transport, offset: 2), length: 2, dependencies: [])

    // RFC 826, for Ethernet and IPv4: the offsets hold only where the first four fields say so.
    public static let arpHardwareType = Field(
        text: "arp htype", source: .payload(.network, offset: 0), length: 2, dependencies: [])
    public static let arpProtocolType = Field(
        text: "arp ptype", source: .payload(.network, offset: 2), length: 2, dependencies: [])
    public static let arpHardwareLength = Field(
        text: "arp hlen", source: .payload(.network, offset: 4), length: 1, dependencies: [])
    public static let arpProtocolLength = Field(
        text: "arp plen", source: .payload(.network, offset: 5), length: 1, dependencies: [])
    public static let arpOperation = Field(
        text: "arp operation", source: .payload(.network, offset: 6), length: 2, dependencies: [])
    public static let arpSenderEther = Field(
        text: "arp saddr ether", source: .payload(.network, offset: 8), length: 6, dependencies: [])
    public static let arpSenderIPv4 = Field(
        text: "arp saddr ip", source: .payload(.network, offset: 14), length: 4, dependencies: [])
}

/// Transport protocols with ports, by their protocol number.
public enum TransportHeader: UInt8, Hashable, Sendable, CaseIterable {
    case tcp = 6
    case udp = 17
    case sctp = 132

    public var text: String {
        switch self {
        case .tcp: "tcp"
        case .udp: "udp"
        case .sctp: "sctp"
        }
    }
}
