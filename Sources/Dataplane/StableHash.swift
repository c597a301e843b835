/// A hash that is the same in every run and on every machine, for names in the kernel and as a checksum (FNV-1a, 64
/// bits).
package struct StableHash {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01b3
        }
    }

    /// Adds a text and a mark of its end, so that "ab", "c" differs from "a", "bc".
    mutating func combine(_ text: String) {
        combine(text.utf8)
        combine([0])
    }

    /// Sixteen hexadecimal digits.
    package var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
