/// A 48-bit Ethernet address (EUI-48, IEEE 802).
public struct MACAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The address in the low 48 bits, first octet highest.
    public let rawValue: UInt64

    /// Takes the low 48 bits of `rawValue`.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue & 0xffff_ffff_ffff
    }

    /// The address with exactly these six octets, or `nil` for another count.
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 6 else { return nil }
        self.init(rawValue: octets.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Six octets in transmission order.
    public var octets: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> (40 - 8 * $0)) } }

    /// Whether the group bit is set: such an address is never a valid source (IEEE 802.3 section 3.2.3).
    public var isMulticast: Bool { rawValue & 0x0100_0000_0000 != 0 }

    public var description: String { hexadecimalOctets(octets) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A hardware address as Calico's `mac` field accepts it: EUI-48 or EUI-64.
public enum HardwareAddress: Hashable, Sendable, CustomStringConvertible {
    case eui48(MACAddress)
    case eui64(UInt64)

    static let accepted = "six octets (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':' or '-'"

    /// Reads `aa:bb:cc:dd:ee:ff` or its eight-octet form; `-` separates as well, and so does a `.` after each second
    /// octet (`aabb.ccdd.eeff`). Hexadecimal digits may be of either case. Calico reads the same (Go's `ParseMAC`).
    /// - Throws: ``InvalidValue`` for anything else; of the 20 octets that Go takes for InfiniBand it says what they are.
    @_specialize(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(InvalidValue) {
        guard let (value, count) = withBytes(of: text, Self.octets) else { throw Self.invalid(text) }
        switch count {
        case 6: self = .eui48(MACAddress(rawValue: value))
        case 8: self = .eui64(value)
        case 20: throw Self.invalid(text, "an InfiniBand address, which no Ethernet frame carries, has 20 octets; ")
        default: throw Self.invalid(text)
        }
    }

    /// The last eight octets as a number, and how many there are; `nil` for what is no row of octets.
    private static func octets(in bytes: UnsafeBufferPointer<UInt8>) -> (value: UInt64, count: Int)? {
        guard bytes.count >= 5 else { return nil }
        let digits = bytes[2] == UInt8(ascii: ":") || bytes[2] == UInt8(ascii: "-") ? 2 : 4
        let separator = bytes[digits]
        guard digits == 2 || separator == UInt8(ascii: "."), bytes.count % (digits + 1) == digits else { return nil }
        var value: UInt64 = 0
        var position = 0
        for byte in bytes {
            if position == digits {
                guard byte == separator else { return nil }
                position = 0
            } else {
                guard let digit = hexadecimalValue(byte) else { return nil }
                value = value << 4 | UInt64(digit)
                position += 1
            }
        }
        return (value, (bytes.count + 1) / (digits + 1) * digits / 2)
    }

    private static func invalid(_ text: some StringProtocol, _ finding: String = "") -> InvalidValue {
        InvalidValue(kind: "MAC address", text: String(text), accepted: finding + accepted)
    }

    /// The 48-bit source address that frames of this interface carry: the address itself, or the EUI-48 that an EUI-64
    /// encapsulates with FF-FE in its middle (IEEE "Guidelines for Use of EUI"). `nil` when there is none: such an
    /// address cannot be matched on Ethernet.
    public var ethernet: MACAddress? {
        switch self {
        case .eui48(let address): address
        case .eui64(let value):
            value >> 24 & 0xffff == 0xfffe
                ? MACAddress(rawValue: (value >> 40) << 24 | value & 0xff_ffff) : nil
        }
    }

    /// Whether the group bit is set: such an address is never a valid source (IEEE 802.3 section 3.2.3).
    public var isGroup: Bool {
        switch self {
        case .eui48(let address): address.isMulticast
        case .eui64(let value): value & 0x0100_0000_0000_0000 != 0
        }
    }

    /// Whether all bits are zero, or those of the EUI-48 in an EUI-64.
    public var isZero: Bool {
        switch self {
        case .eui48(let address): address.rawValue == 0
        case .eui64(let value): (ethernet?.rawValue ?? value) == 0
        }
    }

    public var octets: [UInt8] {
        switch self {
        case .eui48(let address): address.octets
        case .eui64(let value): (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
        }
    }

    public var description: String { hexadecimalOctets(octets) }
}

private func hexadecimalOctets(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
