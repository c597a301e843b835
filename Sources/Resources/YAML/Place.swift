/// A line and a column of a text, both counted from 0, the column in characters as libyaml counts it.
struct Place: Hashable {
    var line: Int
    var column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of the byte at `offset`, or of the end.
    init(ofByte offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        self.init(line: 0, column: 0)
        for index in text.indices.prefix(max(offset, 0)) {
            advance(over: text[index], next: index + 1 < text.count ? text[index + 1] : 0)
        }
    }

    /// The offset of the character that stands here.
    func offset(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = Place(line: 0, column: 0)
        for index in text.indices {
            if place == self {
                return index
            }
            place.advance(over: text[index], next: index + 1 < text.count ? text[index + 1] : 0)
        }
        return nil
    }

    private mutating func advance(over byte: UInt8, next: UInt8) {
        switch byte {
        case UInt8(ascii: "\r") where next == UInt8(ascii: "\n"): return
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): self = Place(line: line + 1, column: 0)
        // The following bytes of a character are no column of their own.
        case 0x80..<0xc0: return
        default: column += 1
        }
    }
}
