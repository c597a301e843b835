import CMNL

/// Writes attributes at a place in a message, for what is written by the hundred thousand: no closure, no call across
/// modules, no check of bounds. The caller has reserved the room (`MessageBatch.append(type:flags:reserve:_:)`), and what is
/// ahead of the place is zero, so that padding is skipped.
struct AttributeCursor {
    private(set) var place: UnsafeMutableRawPointer

    private static let headerSize = MemoryLayout<nlattr>.size

    init(_ place: UnsafeMutableRawPointer) {
        self.place = place
    }

    /// Where a message continues.
    init(behind header: UnsafeMutablePointer<nlmsghdr>) {
        place = UnsafeMutableRawPointer(header) + Int(header.pointee.nlmsg_len)
    }

    /// Makes what was written part of the message.
    func finish(_ header: UnsafeMutablePointer<nlmsghdr>) {
        header.pointee.nlmsg_len = UInt32(place - UnsafeMutableRawPointer(header))
    }

    /// Begins an attribute that holds others.
    @inline(__always)
    mutating func begin(_ type: UInt16) -> UnsafeMutableRawPointer {
        let start = place
        place.storeBytes(of: type | UInt16(NLA_F_NESTED), toByteOffset: 2, as: UInt16.self)
        place += Self.headerSize
        return start
    }

    /// Ends the attribute that began at `start`.
    @inline(__always)
    func end(_ start: UnsafeMutableRawPointer) {
        start.storeBytes(of: UInt16(place - start), as: UInt16.self)
    }

    @inline(__always)
    mutating func put(_ type: UInt16, _ bytes: UnsafeRawBufferPointer) {
        head(type, bytes.count)
        if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
        place += (bytes.count + 3) & ~3
    }

    @inline(__always)
    mutating func put(_ type: UInt16, bigEndian number: UInt32) {
        head(type, MemoryLayout<UInt32>.size)
        place.storeBytes(of: number.bigEndian, as: UInt32.self)
        place += MemoryLayout<UInt32>.size
    }

    @inline(__always)
    mutating func put(_ type: UInt16, bigEndian number: UInt64) {
        head(type, MemoryLayout<UInt64>.size)
        place.storeBytes(of: number.bigEndian, as: UInt64.self)
        place += MemoryLayout<UInt64>.size
    }

    /// A text with its terminating zero.
    @inline(__always)
    mutating func put(_ type: UInt16, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            head(type, bytes.count + 1)
            if let base = bytes.baseAddress { place.copyMemory(from: base, byteCount: bytes.count) }
            place += (bytes.count + 4) & ~3
        }
    }

    @inline(__always)
    private mutating func head(_ type: UInt16, _ count: Int) {
        place.storeBytes(of: UInt16(Self.headerSize + count), as: UInt16.self)
        place.storeBytes(of: type, toByteOffset: 2, as: UInt16.self)
        place += Self.headerSize
    }
}
