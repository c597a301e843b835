/// Reads the JSON that programs write, in a fraction of libyaml's time, into the very tree that libyaml makes of it.
///
/// Everything that is not plainly JSON in ASCII is left to libyaml, which knows what it is or what is wrong with it:
/// comments, other quotes, tabs and line breaks inside texts, characters beyond ASCII, halves of surrogate pairs,
/// nesting beyond the limit, names too long for libyaml, several documents.
struct JSONReader {
    /// The text is to be read by libyaml.
    private struct Unusual: Error {}

    /// Half of what libyaml allows between the beginning of a name and its colon (`yaml_parser_stale_simple_keys`).
    private static let longestName = 512

    private let text: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var line: Int
    private var lineStart = 0

    /// The document that is all of the text, but for blanks and a document separator before it; `nil` when libyaml is to
    /// read it.
    /// - Parameter firstLine: The line of the file on which the text begins, counted from 1.
    static func document(in text: UnsafeBufferPointer<UInt8>, firstLine: Int) -> YAMLNode? {
        var reader = Self(text: text, line: firstLine)
        return try? reader.document()
    }

    private init(text: UnsafeBufferPointer<UInt8>, line: Int) {
        (self.text, self.line) = (text, line)
    }

    private mutating func document() throws(Unusual) -> YAMLNode {
        if text.starts(with: "---\n".utf8) { index = 3 }
        skipBlanks()
        guard current == UInt8(ascii: "{") || current == UInt8(ascii: "[") else { throw Unusual() }
        let root = try value(depth: 0)
        skipBlanks()
        guard index == text.count else { throw Unusual() }
        return root
    }

    /// Zero at the end, which is no character of JSON.
    private var current: UInt8 { index < text.count ? text[index] : 0 }

    private mutating func skipBlanks() {
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: " "): index += 1
            case UInt8(ascii: "\n"):
                index += 1
                line += 1
                lineStart = index
            default: return
            }
        }
    }

    private mutating func skip(_ byte: UInt8) throws(Unusual) {
        guard current == byte else { throw Unusual() }
        index += 1
    }

    /// - Parameter depth: How many lists and mappings are around it.
    private mutating func value(depth: Int) throws(Unusual) -> YAMLNode {
        let (line, column) = (line, index - lineStart + 1)
        switch current {
        case UInt8(ascii: "\""): return try quoted()
        case UInt8(ascii: "{"):
            return YAMLNode(.mapping(try pairs(depth: depth + 1)), line: line, column: column)
        case UInt8(ascii: "["):
            return YAMLNode(.sequence(try items(depth: depth + 1)), line: line, column: column)
        default: return try literal()
        }
    }

    private mutating func pairs(depth: Int) throws(Unusual) -> [YAMLNode.Pair] {
        guard depth <= YAMLTreeBuilder.maximumDepth else { throw Unusual() }
        index += 1
        skipBlanks()
        var pairs: [YAMLNode.Pair] = []
        if current == UInt8(ascii: "}") {
            index += 1
            return pairs
        }
        pairs.reserveCapacity(8)
        while true {
            let (start, startLine) = (index, line)
            let key = try quoted()
            skipBlanks()
            guard line == startLine, index - start <= Self.longestName else { throw Unusual() }
            try skip(UInt8(ascii: ":"))
            skipBlanks()
            pairs.append(YAMLNode.Pair(key, try value(depth: depth)))
            skipBlanks()
            if current == UInt8(ascii: "}") {
                index += 1
                return pairs
            }
            try skip(UInt8(ascii: ","))
            skipBlanks()
        }
    }

    private mutating func items(depth: Int) throws(Unusual) -> [YAMLNode] {
        guard depth <= YAMLTreeBuilder.maximumDepth else { throw Unusual() }
        index += 1
        skipBlanks()
        var items: [YAMLNode] = []
        if current == UInt8(ascii: "]") {
            index += 1
            return items
        }
        while true {
            items.append(try value(depth: depth))
            skipBlanks()
            if current == UInt8(ascii: "]") {
                index += 1
                return items
            }
            try skip(UInt8(ascii: ","))
            skipBlanks()
        }
    }

    // MARK: Scalars

    private mutating func quoted() throws(Unusual) -> YAMLNode {
        let column = index - lineStart + 1
        try skip(UInt8(ascii: "\""))
        let start = index
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                var node = scalar(start..<index, isPlain: false, column: column)
                node.sourceLength = Int32(clamping: index - start + 2)
                index += 1
                return node
            case UInt8(ascii: "\\"):
                let text = try unescaped(from: start)
                return YAMLNode(.scalar(.init(text: text, isPlain: false)), line: line, column: column)
            case 0x20...0x7e: index += 1
            default: throw Unusual()
            }
        }
        throw Unusual()
    }

    /// A text in which there are escapes; ``index`` is at the first one.
    private mutating func unescaped(from start: Int) throws(Unusual) -> String {
        var bytes = Array(text[start..<index])
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): bytes += String(try escape()).utf8
            case 0x20...0x7e: bytes.append(byte)
            default: throw Unusual()
            }
        }
        throw Unusual()
    }

    /// What stands behind a backslash.
    private mutating func escape() throws(Unusual) -> Unicode.Scalar {
        let byte = current
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let unit = JSONText.codeUnit(text[...], at: index - 2), let scalar = Unicode.Scalar(unit) else {
                throw Unusual()
            }
            index += 4
            return scalar
        default: throw Unusual()
        }
    }

    /// A number, `true`, `false` or `null`.
    private mutating func literal() throws(Unusual) -> YAMLNode {
        let start = index
        while index < text.count, isLetterOrDigit(text[index]) || "+-.".utf8.contains(text[index]) { index += 1 }
        guard index > start else { throw Unusual() }
        var node = scalar(start..<index, isPlain: true, column: start - lineStart + 1)
        guard let word = node.text, word == "null" || isJSONLiteral(word) else { throw Unusual() }
        switch current {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): break
        default: throw Unusual()
        }
        node.sourceLength = Int32(clamping: index - start)
        return node
    }

    private func scalar(_ range: Range<Int>, isPlain: Bool, column: Int) -> YAMLNode {
        let bytes = UnsafeBufferPointer(rebasing: text[range])
        return YAMLNode(
            .scalar(.init(text: WellKnownText.text(of: bytes), isPlain: isPlain)), line: line, column: column)
    }
}
