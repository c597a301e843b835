/// One instruction of a rule as the kernel runs it (`nft --debug=netlink` prints the same).
///
/// Rules are compared by their expressions, never by text: nft prints several spellings of one rule alike, and prints
/// others differently than they were typed.
public enum Expression: Hashable, Sendable {
    case meta(MetaKey, into: Register)
    case payload(PayloadBase, offset: UInt32, length: UInt32, into: Register)
    /// Of the IPv6 extension header with this number; a packet without one ends the rule (`nft_exthdr`).
    case extensionHeader(UInt8, offset: UInt32, length: UInt32, into: Register)
    case compare(Comparison, Register, [UInt8])
    /// The register lies outside the inclusive range. Inside is written as two comparisons: nft's own choice.
    case outsideRange(Register, [UInt8], [UInt8])
    /// `register = register & mask`.
    case mask(Register, [UInt8])
    /// Set membership, or a map's answer loaded `into` a register (the verdict register for a verdict map).
    case lookup(set: String, key: Register, into: Register?, isInverted: Bool)
    case verdict(Verdict)
    /// Values are left out: two counters are the same instruction whatever they have counted.
    case counter
    /// Ends the rule for packets beyond the rate (`NFT_LIMIT_PKTS`).
    case limit(perSecond: UInt64, burst: UInt32)
    /// A line in the kernel's log that begins with the prefix, at a level of `syslog(3)`.
    case log(prefix: String, level: UInt32)
    /// Conntrack's state of the packet (`NFT_CT_STATE`).
    case conntrackState(into: Register)
    case nat(NATKind, NATFamily, address: Register)
    /// An instruction that Margay never writes, as read back from a foreign rule.
    case foreign(String)
}

/// A register's number as netlink carries it: 1...4 for 16 bytes each, from 8 on for 4 bytes each
/// (`enum nft_registers`). Both number the same 64 bytes.
public struct Register: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let verdict = Register(rawValue: 0)

    /// The register at this offset into the 64 bytes; the kernel reports a 16-byte boundary under its old number.
    public init(byteOffset: Int) {
        rawValue = byteOffset % 16 == 0 ? UInt32(1 + byteOffset / 16) : UInt32(8 + byteOffset / 4)
    }
}

/// `enum nft_meta_keys`.
public enum MetaKey: UInt32, Hashable, Sendable {
    case iifname = 6
    case oifname = 7
    /// The input interface's hardware type, `ARPHRD_*`.
    case iiftype = 8
    case nfproto = 15
    /// The transport protocol, found behind IPv6 extension headers as well.
    case l4proto = 16
}

/// `enum nft_payload_bases`.
public enum PayloadBase: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
}

/// `enum nft_cmp_ops`.
public enum Comparison: UInt32, Hashable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
}

/// `enum nft_nat_types`.
public enum NATKind: UInt32, Hashable, Sendable {
    case source = 0
    case destination = 1

    public var text: String { self == .source ? "snat" : "dnat" }
}

/// The family of the address that a translation writes (`NFPROTO_IPV4`, `NFPROTO_IPV6`).
public enum NATFamily: UInt32, Hashable, Sendable {
    case ipv4 = 2
    case ipv6 = 10

    public var text: String { self == .ipv4 ? "ip" : "ip6" }
}
