import CMNL

/// Puts attributes (`struct nlattr`) into the message of a ``MessageBatch`` that is being appended.
///
/// Integers are written in host order unless the method says otherwise; each attribute is padded to 4 bytes.
public struct MessageWriter: ~Copyable {
    // The batch's own storage, lent for the time of one append.
    var storage = ByteStorage()

    static let headerSize = MemoryLayout<nlattr>.size

    init() {}

    /// An attribute without payload: its presence is the value.
    public mutating func put(_ type: UInt16) {
        put(type, length: 0)
    }

    public mutating func put(_ type: UInt16, _ value: UInt8) {
        putValue(type, value)
    }

    public mutating func put(_ type: UInt16, _ value: UInt16) {
        putValue(type, value)
    }

    public mutating func put(_ type: UInt16, _ value: UInt32) {
        putValue(type, value)
    }

    public mutating func put(_ type: UInt16, _ value: Int32) {
        putValue(type, value)
    }

    public mutating func put(_ type: UInt16, _ value: UInt64) {
        putValue(type, value)
    }

    /// An integer in network order, as nf_tables wants them.
    public mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, bigEndian value: Value) {
        putValue(type, value.bigEndian)
    }

    /// A text with its terminating zero.
    public mutating func put(_ type: UInt16, string: String) {
        var string = string
        string.withUTF8 { text in
            put(type, length: text.count + 1)
            storage.append(UnsafeRawBufferPointer(text))
            storage.append(zeros: 1)
        }
        storage.pad()
    }

    public mutating func put(_ type: UInt16, bytes: UnsafeRawBufferPointer) {
        put(type, length: bytes.count)
        storage.append(bytes)
        storage.pad()
    }

    public mutating func put(_ type: UInt16, octets: [UInt8]) {
        octets.withUnsafeBytes { put(type, bytes: $0) }
    }

    /// An attribute that holds the attributes that `body` puts, marked `NLA_F_NESTED`.
    ///
    /// A nest holds at most 65531 bytes, because `nla_len` has 16 bits; putting more is a programming error and traps.
    public mutating func nest<Failure: Error>(
        _ type: UInt16, _ body: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let start = storage.count
        put(type | UInt16(NLA_F_NESTED), length: 0)
        try body(&self)
        let length = storage.count - start
        precondition(length <= Int(UInt16.max), "a nested netlink attribute holds at most 65531 bytes")
        storage.store(UInt16(length), at: start)
    }

    private mutating func putValue<Value: BitwiseCopyable>(_ type: UInt16, _ value: Value) {
        put(type, length: MemoryLayout<Value>.size)
        storage.append(value)
        storage.pad()
    }

    private mutating func put(_ type: UInt16, length: Int) {
        precondition(length <= Int(UInt16.max) - Self.headerSize, "a netlink attribute holds at most 65531 bytes")
        storage.append(nlattr(nla_len: UInt16(Self.headerSize + length), nla_type: type))
    }
}
