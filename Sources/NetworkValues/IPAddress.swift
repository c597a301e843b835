import Glibc

/// An address family that carries workload traffic.
public enum IPFamily: String, Hashable, Sendable, CaseIterable, Comparable {
    case v4, v6

    /// The length of an address in bits: 32 or 128.
    public var bits: Int { self == .v4 ? 32 : 128 }

    public static func < (left: Self, right: Self) -> Bool { left == .v4 && right == .v6 }
}

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    // Halves instead of the number, and the family last: half the memory in lists of networks, of which a cluster
    // has many.
    private let high: UInt64
    private let low: UInt64
    public let family: IPFamily

    /// The address as a number, first octet highest; an IPv4 address stands in the low 32 bits.
    public var rawValue: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// The address with this number; bits beyond the family's length are cut off.
    public init(family: IPFamily, rawValue: UInt128) {
        self.family = family
        let kept = family == .v4 ? rawValue & 0xffff_ffff : rawValue
        high = UInt64(truncatingIfNeeded: kept >> 64)
        low = UInt64(truncatingIfNeeded: kept)
    }

    /// The address with these octets in network order: 4 for IPv4, 16 for IPv6, else `nil`.
    @_specialize(where Octets == Slice<UnsafeRawBufferPointer>)
    @_specialize(where Octets == [UInt8])
    public init?<Octets: Collection<UInt8>>(octets: Octets) {
        let family: IPFamily
        switch octets.count {
        case 4: family = .v4
        case 16: family = .v6
        default: return nil
        }
        self.init(family: family, rawValue: octets.reduce(0) { $0 << 8 | UInt128($1) })
    }

    /// Reads a dotted IPv4 or a textual IPv6 address (RFC 4291 section 2.2); no zone, no prefix length, no leading
    /// zeros in a decimal octet (`inet_pton(3)`).
    /// - Throws: ``InvalidValue`` for anything else.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init<Text: StringProtocol>(parsing text: Text) throws(InvalidValue) {
        guard let address = withBytes(of: text, { IPAddress(text: $0) }) else {
            throw InvalidValue(
                kind: "IP address", text: String(text), accepted: "an IPv4 or IPv6 address without prefix length")
        }
        self = address
    }

    /// The same of a text's bytes; `nil` for anything else.
    init?(text bytes: UnsafeBufferPointer<UInt8>) {
        if let number = Self.dottedDecimal(bytes) {
            self.init(family: .v4, rawValue: UInt128(number))
            return
        }
        // IPv4 is read above as inet_pton(3) reads it.
        var octets: (UInt64, UInt64) = (0, 0)
        guard bytes.count < Int(INET6_ADDRSTRLEN), !bytes.contains(0) else { return nil }
        let isRead = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            for index in bytes.indices { text[index] = CChar(bitPattern: bytes[index]) }
            text[bytes.count] = 0
            return inet_pton(AF_INET6, text.baseAddress, &octets) == 1
        }
        guard isRead else { return nil }
        let (high, low) = (UInt64(bigEndian: octets.0), UInt64(bigEndian: octets.1))
        self.init(family: .v6, rawValue: UInt128(high) << 64 | UInt128(low))
    }

    /// What `inet_pton(3)` reads as IPv4, which is nearly every address of a cluster.
    private static func dottedDecimal(_ text: UnsafeBufferPointer<UInt8>) -> UInt32? {
        var (number, octet, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard digits == 0 || octet > 0 else { return nil }
                octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard octet <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                number = number << 8 | octet
                (octet, digits) = (0, 0)
                dots += 1
            default: return nil
            }
        }
        return dots == 3 && digits > 0 ? number << 8 | octet : nil
    }

    /// The octets in network order: 4 or 16 of them.
    public var octets: [UInt8] {
        let count = family.bits / 8
        return (0..<count).map { UInt8(truncatingIfNeeded: rawValue >> UInt128(8 * (count - 1 - $0))) }
    }

    /// The textual form: dotted decimal, or the form of RFC 5952.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let name = family == .v4 ? AF_INET : AF_INET6
        inet_ntop(name, octets, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static func < (left: Self, right: Self) -> Bool {
        guard left.family == right.family else { return left.family < right.family }
        return left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

/// A text's bytes in UTF-8, where they stand: what is parsed for every endpoint must not be copied first.
@inline(__always)
func withBytes<Text: StringProtocol, Result>(
    of text: Text, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
    if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = String(text)
    return copy.withUTF8(body)
}
