import CMNL

/// Walks the attributes of a nest as ``AttributeReader`` does, for what is read by the hundred thousand: within this module, so
/// that it is compiled into its caller. It ends at an attribute that does not hold together, as libmnl's own loops do
/// (`mnl_attr_ok`).
struct AttributeWalk {
    private var rest: UnsafeRawPointer?
    private var left: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        (rest, left) = (bytes.baseAddress, bytes.count)
    }

    /// The type without its flags, and the payload.
    @inline(__always)
    mutating func next() -> (type: UInt32, payload: UnsafeRawBufferPointer)? {
        guard left >= 4, let start = rest else { return nil }
        let length = Int(start.loadUnaligned(as: UInt16.self))
        guard length >= 4, length <= left else { return nil }
        let type = start.loadUnaligned(fromByteOffset: 2, as: UInt16.self) & ~UInt16(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
        let padded = min((length + 3) & ~3, left)
        (rest, left) = (start + padded, left - padded)
        return (UInt32(type), UnsafeRawBufferPointer(start: start + 4, count: length - 4))
    }

    /// The payload of the first attribute of this type.
    @inline(__always)
    static func first(_ wanted: UInt32, of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var attributes = AttributeWalk(bytes)
        while let (type, payload) = attributes.next() {
            if type == wanted { return payload }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// As a number in network order; `nil` when it is none of this size.
    @inline(__always)
    func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number? {
        guard count == MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: loadUnaligned(as: Number.self))
    }

    /// As a text that ends at the first zero.
    @inline(__always)
    var text: String {
        var length = 0
        while length < count, self[length] != 0 { length += 1 }
        return String(decoding: UnsafeRawBufferPointer(start: baseAddress, count: length), as: UTF8.self)
    }

    /// Whether it is this text, with the zero that ends it.
    @inline(__always)
    func isText(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            count == wanted.count + 1 && self[wanted.count] == 0 && zip(self, wanted).allSatisfy { $0 == $1 }
        }
    }
}
