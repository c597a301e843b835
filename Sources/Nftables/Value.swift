public import NetworkValues

/// A constant as it stands in registers, with the text nft has for it.
public struct Value: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]
    public let text: String

    public init(bytes: [UInt8], text: String) {
        self.bytes = bytes
        self.text = text
    }

    public init(_ address: IPAddress) {
        self.init(bytes: address.octets, text: address.description)
    }

    public init(_ address: MACAddress) {
        self.init(bytes: address.octets, text: address.description)
    }

    /// An interface name, zero-padded to `IFNAMSIZ`.
    public init(_ name: InterfaceName) {
        let bytes = Array(name.rawValue.utf8)
        self.init(bytes: bytes + [UInt8](repeating: 0, count: 16 - bytes.count), text: "\"\(name)\"")
    }

    public init(octet number: UInt8) {
        self.init(bytes: [number], text: "\(number)")
    }

    /// A 16-bit number in network byte order: a port, an EtherType, an ARP operation.
    public init(bigEndian number: UInt16) {
        self.init(bytes: [UInt8(number >> 8), UInt8(number & 0xff)], text: "\(number)")
    }

    /// The same value under a name that nft knows.
    public func named(_ text: String) -> Self { Value(bytes: bytes, text: text) }

    public var description: String { text }
}
