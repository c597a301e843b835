public import NetworkValues

/// A constant as it stands in registers, with the text nft has for it.
public struct Value: Sendable, CustomStringConvertible {
    /// Bytes and text are worked out where somebody asks: keys of elements take neither.
    private enum Content: Hashable, Sendable {
        case address(IPAddress)
        case ether(MACAddress)
        case interface(InterfaceName)
        case bytes([UInt8], String)
    }

    private let content: Content

    public init(bytes: [UInt8], text: String) {
        content = .bytes(bytes, text)
    }

    public init(_ address: IPAddress) {
        content = .address(address)
    }

    public init(_ address: MACAddress) {
        content = .ether(address)
    }

    /// An interface name, zero-padded to `IFNAMSIZ`.
    public init(_ name: InterfaceName) {
        content = .interface(name)
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

    public var bytes: [UInt8] {
        if case .bytes(let bytes, _) = content { return bytes }
        var key = ElementKey()
        append(to: &key)
        return key.bytes
    }

    public var text: String {
        switch content {
        case .address(let address): address.description
        case .ether(let address): address.description
        case .interface(let name): "\"\(name)\""
        case .bytes(_, let text): text
        }
    }

    public var description: String { text }

    func append(to key: inout ElementKey) {
        switch content {
        case .address(let address): key.append(address)
        case .ether(let address): key.append(address)
        case .interface(let name): key.append(name)
        case .bytes(let bytes, _): bytes.withUnsafeBytes { key.append($0) }
        }
    }
}

extension Value: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.content == right.content || left.bytes == right.bytes && left.text == right.text
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
        hasher.combine(text)
    }
}

extension ElementKey {
    /// Appends the address in network order.
    public mutating func append(_ address: IPAddress) {
        if address.family == .v4 {
            append(UInt32(truncatingIfNeeded: address.rawValue).bigEndian)
        } else {
            append(address.rawValue.bigEndian)
        }
    }

    /// Appends the address's six octets.
    public mutating func append(_ address: MACAddress) {
        let number = (address.rawValue << 16).bigEndian
        Swift.withUnsafeBytes(of: number) { append(UnsafeRawBufferPointer(rebasing: $0[..<6])) }
    }

    /// Appends the name, zero-padded to `IFNAMSIZ`.
    public mutating func append(_ name: InterfaceName) {
        append(name.bits.bigEndian)
    }
}
