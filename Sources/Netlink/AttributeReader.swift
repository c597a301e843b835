import CMNL

/// One attribute of a received message. It points into the receive buffer: take what is needed out of it before the
/// closure that was handed the message returns.
public struct Attribute {
    /// The type, without the flags `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
    public let type: UInt16
    public let payload: UnsafeRawBufferPointer

    /// The payload as an integer in host order.
    /// - Throws: ``NetlinkError/Code/malformed(_:)`` when the payload has another size.
    public func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(NetlinkError) -> Value {
        guard payload.count == MemoryLayout<Value>.size else {
            throw .malformed("attribute \(type) has \(payload.count) bytes instead of \(MemoryLayout<Value>.size)")
        }
        return payload.loadUnaligned(as: Value.self)
    }

    /// The payload as an integer in network order.
    /// - Throws: ``NetlinkError/Code/malformed(_:)`` when the payload has another size.
    public func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(NetlinkError) -> Value {
        Value(bigEndian: try integer(Value.self))
    }

    /// The text up to the first zero byte or the payload's end; bytes that are no UTF-8 are replaced.
    public var string: String {
        String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The attributes within this one.
    public var nested: AttributeReader { AttributeReader(payload) }
}

/// Walks the attributes of a message or of a nest, once, in order, without copying.
///
/// Every length is checked against what is there: an attribute shorter than its own header (zero would never advance)
/// or longer than the rest is an error, not the end.
public struct AttributeReader {
    private var rest: UnsafeRawBufferPointer

    public init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    /// The next attribute, or `nil` at the end.
    /// - Throws: ``NetlinkError/Code/malformed(_:)``.
    public mutating func next() throws(NetlinkError) -> Attribute? {
        let headerSize = MemoryLayout<nlattr>.size
        guard rest.count >= headerSize else {
            guard rest.isEmpty else { throw .malformed("\(rest.count) stray bytes behind the attributes") }
            return nil
        }
        let header = rest.loadUnaligned(as: nlattr.self)
        let length = Int(header.nla_len)
        guard length >= headerSize, length <= rest.count else {
            throw .malformed("attribute \(header.nla_type) claims \(length) of \(rest.count) bytes")
        }
        let payload = UnsafeRawBufferPointer(rebasing: rest[headerSize..<length])
        // The last attribute's padding may be left out.
        let padded = min(length + (-length & 3), rest.count)
        rest = UnsafeRawBufferPointer(rebasing: rest[padded...])
        return Attribute(type: header.nla_type & ~UInt16(NLA_F_NESTED | NLA_F_NET_BYTEORDER), payload: payload)
    }
}
