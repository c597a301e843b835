/// An IP network in CIDR notation. Bits of the address beyond the length are always zero.
public struct IPPrefix: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The network's first address.
    public let address: IPAddress
    private let bits: UInt8

    /// 0...32 for IPv4, 0...128 for IPv6.
    public var length: Int { Int(bits) }

    /// The network of `length` bits that contains `address`; a length outside the family's range is clamped to it.
    public init(_ address: IPAddress, length: Int) {
        let clamped = min(max(length, 0), address.family.bits)
        bits = UInt8(clamped)
        self.address = IPAddress(
            family: address.family, rawValue: address.rawValue & Self.mask(address.family, length: clamped))
    }

    /// The network that holds only `address`: /32 or /128.
    public init(host address: IPAddress) {
        self.init(address, length: address.family.bits)
    }

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address, which is taken as /32 or /128.
    ///
    /// Host bits are accepted and cleared, as Calico does; ``hasHostBits(_:)`` tells whether a text had some.
    /// - Throws: ``InvalidValue`` for anything else.
    @_specialize(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(InvalidValue) {
        guard let (address, length) = withBytes(of: text, Self.split) else { throw Self.invalid(text) }
        self.init(address, length: length)
    }

    /// Whether `text` is a network in CIDR notation with address bits set beyond its length, such as `10.0.0.1/8`.
    @_specialize(where Text == String)
    public static func hasHostBits<Text: StringProtocol>(_ text: Text) -> Bool {
        guard let (address, length) = withBytes(of: text, split) else { return false }
        return IPPrefix(address, length: length).address != address
    }

    private static func split(_ text: UnsafeBufferPointer<UInt8>) -> (IPAddress, Int)? {
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        guard let address = IPAddress(text: UnsafeBufferPointer(rebasing: text[..<(slash ?? text.endIndex)])) else {
            return nil
        }
        guard let slash else { return (address, address.family.bits) }
        let digits = text[(slash + 1)...]
        // `/032` would be 26 to whoever takes a leading zero for octal.
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            return nil
        }
        var length = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            length = length * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard length <= address.family.bits else { return nil }
        return (address, length)
    }

    private static func invalid(_ text: some StringProtocol) -> InvalidValue {
        InvalidValue(
            kind: "IP network", text: String(text), accepted: "CIDR notation such as 10.65.0.2/32 or 2001:db8::1/128")
    }

    public var family: IPFamily { address.family }

    /// Whether the network holds exactly one address.
    public var isHost: Bool { length == family.bits }

    /// The network's last address.
    public var lastAddress: IPAddress {
        IPAddress(family: family, rawValue: address.rawValue | ~Self.mask(family, length: length))
    }

    public func contains(_ other: IPAddress) -> Bool {
        other.family == family && other.rawValue & Self.mask(family, length: length) == address.rawValue
    }

    public func contains(_ other: IPPrefix) -> Bool {
        other.length >= length && contains(other.address)
    }

    /// The mask of `length` leading ones, in the low bits for IPv4.
    static func mask(_ family: IPFamily, length: Int) -> UInt128 {
        let all: UInt128 = family == .v4 ? 0xffff_ffff : .max
        return length == 0 ? 0 : all & ~(all >> UInt128(length))
    }

    public var description: String { "\(address)/\(length)" }

    public static func < (left: Self, right: Self) -> Bool {
        left.address == right.address ? left.bits < right.bits : left.address < right.address
    }
}
