/// Tells nearly all texts apart that differ, so that a field's name is compared with few others in full.
struct KeyFingerprint: Sendable {
    /// 0 for a text that is not ASCII: it may equal one of other bytes, by composition.
    private let hash: UInt32

    init(_ text: String) {
        var text = text
        hash = text.withUTF8 { bytes in
            var (hash, bits): (UInt32, UInt8) = (UInt32(truncatingIfNeeded: bytes.count), 0)
            for byte in bytes {
                hash = hash &* 31 &+ UInt32(byte)
                bits |= byte
            }
            return bits < 0x80 ? hash | 1 : 0
        }
    }

    /// `false` where the texts are certainly not equal.
    func mayEqual(_ other: Self) -> Bool { hash == other.hash || hash == 0 || other.hash == 0 }
}
