import Nftables

/// The kernel's 64 bytes of registers (`struct nft_regs`), some of them unknown.
struct RegisterFile {
    private var bytes = [UInt8?](repeating: nil, count: 64)

    mutating func load(_ value: [UInt8?], into register: Register) {
        let start = register.byteOffset
        // A value fills its last register up with zeros.
        let padded = value + [UInt8?](repeating: 0, count: (4 - value.count % 4) % 4)
        guard start + padded.count <= bytes.count else { return }
        bytes.replaceSubrange(start..<start + padded.count, with: padded)
    }

    mutating func mask(_ register: Register, _ mask: [UInt8]) {
        for (index, bits) in mask.enumerated() where register.byteOffset + index < bytes.count {
            let place = register.byteOffset + index
            bytes[place] = bits == 0 ? 0 : bytes[place].map { $0 & bits }
        }
    }

    /// Whether the register holds this; `nil` where that cannot be told. One octet that differs tells it, whatever the
    /// others are.
    func holds(_ value: [UInt8], in register: Register) -> Bool? {
        let start = register.byteOffset
        guard start + value.count <= bytes.count else { return nil }
        let held = bytes[start..<start + value.count]
        if zip(held, value).contains(where: { $0 != nil && $0 != $1 }) { return false }
        return held.contains(nil) ? nil : true
    }

    /// `nil` unless all are known.
    func bytes(_ register: Register, count: Int) -> [UInt8]? {
        let start = register.byteOffset
        guard start + count <= bytes.count else { return nil }
        let known = bytes[start..<start + count].compactMap(\.self)
        return known.count == count ? known : nil
    }
}

extension Register {
    /// The inverse of ``init(byteOffset:)``: 1...4 number 16 bytes each, from 8 on 4 bytes each.
    fileprivate var byteOffset: Int { rawValue < 8 ? 16 * (Int(rawValue) - 1) : 4 * (Int(rawValue) - 8) }
}
