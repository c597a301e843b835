public import NetworkValues

/// A protocol number of IP, as Calico's rules take it: by name or 1...255.
public struct IPProtocol: Hashable, Sendable, CustomStringConvertible {
    /// The IANA protocol number, never 0.
    public let rawValue: UInt8

    /// `nil` for 0, which Calico does not take for a protocol.
    public init?(rawValue: UInt8) {
        guard rawValue > 0 else { return nil }
        self.init(number: rawValue)
    }

    private init(number: UInt8) { rawValue = number }

    public static let icmp = Self(number: 1)
    public static let tcp = Self(number: 6)
    public static let udp = Self(number: 17)
    public static let icmpv6 = Self(number: 58)
    public static let sctp = Self(number: 132)
    public static let udpLite = Self(number: 136)

    private static let names: [(name: String, protocol: Self)] = [
        ("TCP", .tcp), ("UDP", .udp), ("ICMP", .icmp), ("ICMPv6", .icmpv6), ("SCTP", .sctp), ("UDPLite", .udpLite),
    ]

    /// Reads one of Calico's names in any case, or a number.
    /// - Throws: `InvalidValue` for anything else.
    public init(parsing text: String) throws(InvalidValue) {
        if let number = decimal(text, in: 1...255) {
            self.init(number: UInt8(number))
        } else if let match = Self.names.first(where: { asciiLowercased($0.name) == asciiLowercased(text) }) {
            self = match.protocol
        } else {
            throw InvalidValue(
                kind: "protocol", text: text,
                accepted: "TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite in any case, or a number from 1 to 255")
        }
    }

    /// Whether Calico lets rules of this protocol name ports.
    public var hasPorts: Bool { self == .tcp || self == .udp || self == .sctp }

    /// The name that Calico gives the protocol, or its number.
    public var description: String { name ?? "\(rawValue)" }

    var name: String? { Self.names.first { $0.protocol == self }?.name }
}
