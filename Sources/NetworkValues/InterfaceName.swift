/// The name of a network interface, taken literally.
///
/// The kernel allows up to 15 bytes (`IFNAMSIZ` is 16 with the terminating zero); this type further admits only
/// `[a-zA-Z0-9_.-]`, because `*` is a wildcard in nftables and `/` separates paths under `/proc/sys/net`.
public struct InterfaceName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name's bytes, the first one highest, and zeros: as much memory as a text takes, and compared and hashed without
    /// looking into one.
    public let bits: UInt128

    public var rawValue: String {
        withUnsafeBytes(of: bits.bigEndian) { bytes in
            String(
                decoding: UnsafeRawBufferPointer(rebasing: bytes.prefix(16 - bits.trailingZeroBitCount / 8)),
                as: UTF8.self)
        }
    }

    static let accepted = "1 to 15 of a-z A-Z 0-9 '_' '.' '-', not \".\" or \"..\""

    /// - Throws: ``InvalidValue`` when the text is empty, too long, `.`, `..`, or has another character.
    @_specialize(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(InvalidValue) {
        guard (1...15).contains(text.utf8.count), text != ".", text != "..",
            text.utf8.allSatisfy(Self.isAllowed)
        else {
            throw InvalidValue(kind: "interface name", text: String(text), accepted: Self.accepted)
        }
        bits = text.utf8.reduce((UInt128(0), 120)) { ($0.0 | UInt128($1) << $0.1, $0.1 - 8) }.0
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    public var description: String { rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}
