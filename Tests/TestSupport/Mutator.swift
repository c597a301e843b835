/// Damages inputs as hostile and broken writers do.
struct Mutator {
    private var generator: SplitMix
    private let words: [[UInt8]]

    init(_ generator: SplitMix, words: [[UInt8]]) {
        self.generator = generator
        self.words = words
    }

    /// One of the corpus, damaged in up to eight places.
    mutating func mutated(_ corpus: [[UInt8]]) -> [UInt8] {
        var bytes = corpus[number(below: corpus.count)]
        for _ in 0...number(below: 8) {
            guard !bytes.isEmpty else { break }
            damage(&bytes, corpus)
        }
        return bytes
    }

    private mutating func damage(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let position = number(below: bytes.count)
        let length = min(1 + number(below: 1 << (1 + number(below: 7))), bytes.count - position)
        let part = position..<position + length
        switch number(below: 12) {
        case 0: bytes[position] ^= 1 << UInt8(number(below: 8))
        case 1: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes[position] = Self.edges[number(below: Self.edges.count)]
        case 3, 4: overwriteNumber(&bytes, near: position)
        case 5: bytes.removeSubrange(part)
        case 6: bytes.insert(contentsOf: bytes[part], at: position)
        case 7: bytes.insert(contentsOf: repeatElement(bytes[position], count: 1 + number(below: 300)), at: position)
        case 8: bytes.removeSubrange(position...)
        case 9:
            let other = corpus[number(below: corpus.count)]
            let start = number(below: other.count)
            bytes.replaceSubrange(part, with: other[start..<min(start + length, other.count)])
        case 10 where !words.isEmpty, 11 where !words.isEmpty:
            bytes.insert(contentsOf: words[number(below: words.count)], at: position)
        default:
            let other = number(below: bytes.count)
            for offset in 0..<min(length, bytes.count - other) { bytes[other + offset] = bytes[position + offset] }
        }
    }

    /// Lengths and counts of binary formats stand at even places, in either byte order.
    private mutating func overwriteNumber(_ bytes: inout [UInt8], near position: Int) {
        let width = [2, 4, 8][number(below: 3)]
        let start = position & ~(width - 1)
        guard start + width <= bytes.count else { return }
        var value = Self.numbers[number(below: Self.numbers.count)]
        if number(below: 2) == 0 { value = value &+ UInt64.random(in: 0..<16, using: &generator) &- 8 }
        let isBig = number(below: 4) == 0
        for offset in 0..<width {
            bytes[start + (isBig ? width - 1 - offset : offset)] = UInt8(truncatingIfNeeded: value >> (8 * offset))
        }
    }

    private static let edges: [UInt8] = [0, 1, 3, 4, 0x7f, 0x80, 0xc0, 0xed, 0xf5, 0xff]
    private static let numbers: [UInt64] = [
        0, 1, 4, 16, 0x7f, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max,
    ]

    private mutating func number(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
}
