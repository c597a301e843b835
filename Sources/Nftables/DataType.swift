/// A type of keys and values in sets and maps.
public enum DataType: Hashable, Sendable, CustomStringConvertible {
    /// IPv4 or IPv6, by `NFPROTO_*`.
    case networkProtocol
    case ipv4Address
    case ipv6Address
    case etherAddress
    case inetProtocol
    case inetService
    case interfaceName
    /// Whole bytes of the transport header for which nft has no type, by their place: what `@th,64,128` is in a rule. A
    /// set with such a part is declared by expressions (`typeof iifname . @th,64,128`), since nft compares types by
    /// name.
    case transportBytes(offset: Int, length: Int)

    /// nft's own numbering, by which `nft list` prints elements (`enum datatypes` in nftables' `datatype.h`).
    public var number: UInt32 {
        switch self {
        case .networkProtocol: 2
        case .ipv4Address: 7
        case .ipv6Address: 8
        case .etherAddress: 9
        case .inetProtocol: 12
        case .inetService: 13
        case .interfaceName: 41
        // An integer, whose place and length the set's expressions tell.
        case .transportBytes: 4
        }
    }

    /// The type with this number; `nil` for others, and for an integer, which the number does not tell enough about.
    public init?(number: UInt32) {
        let named: [DataType] = [
            .networkProtocol, .ipv4Address, .ipv6Address, .etherAddress, .inetProtocol, .inetService, .interfaceName,
        ]
        guard let type = named.first(where: { $0.number == number }) else { return nil }
        self = type
    }

    /// The value's length in bytes.
    public var length: Int {
        switch self {
        case .ipv4Address: 4
        case .ipv6Address: 16
        case .etherAddress: 6
        case .networkProtocol: 1
        case .inetProtocol: 1
        case .inetService: 2
        case .interfaceName: 16
        case .transportBytes(_, let length): length
        }
    }

    /// The length that the value takes in a concatenation: registers are 32 bits wide.
    public var registerLength: Int { (length + 3) / 4 * 4 }

    /// Whether values are in host byte order. nft needs to be told (`NFTNL_UDATA_SET_KEYBYTEORDER`), else it prints
    /// interface names as empty strings.
    public var isHostByteOrder: Bool { self == .interfaceName }

    public var description: String {
        switch self {
        case .networkProtocol: "nf_proto"
        case .ipv4Address: "ipv4_addr"
        case .ipv6Address: "ipv6_addr"
        case .etherAddress: "ether_addr"
        case .inetProtocol: "inet_proto"
        case .inetService: "inet_service"
        case .interfaceName: "ifname"
        case .transportBytes(let offset, let length): "@th,\(8 * offset),\(8 * length)"
        }
    }
}

/// A concatenation of types, such as `ifname . ether_addr . ipv4_addr`; one type alone is the common case.
public struct KeyType: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let parts: [DataType]

    public init(_ parts: [DataType]) {
        self.parts = parts
    }

    public init(arrayLiteral parts: DataType...) {
        self.init(parts)
    }

    public var isConcatenation: Bool { parts.count > 1 }

    /// The key's length in bytes as the kernel is told it: exact for one type, register-padded for a concatenation.
    public var length: Int {
        parts.count == 1 ? parts[0].length : parts.reduce(0) { $0 + $1.registerLength }
    }

    /// nft's number: six bits for each part (`TYPE_BITS` in nftables' `datatype.h`).
    public var number: UInt32 { parts.reduce(0) { $0 << 6 | $1.number } }

    /// Whether nft declares a set of this key by the expressions that are looked up in it instead of by type names.
    /// The parts beside transport bytes are interface names then, of the input.
    public var isTypedByExpression: Bool {
        parts.contains { if case .transportBytes = $0 { true } else { false } }
    }

    public var description: String {
        parts.map { isTypedByExpression && $0 == .interfaceName ? "iifname" : $0.description }.joined(separator: " . ")
    }
}
