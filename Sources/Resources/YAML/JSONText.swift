/// The two spellings of JSON that libyaml refuses, although JSON is a subset of YAML 1.2.
enum JSONText {
    /// The text with those spellings replaced, or `nil` when it has none or is not JSON (or YAML in its flow style).
    ///
    /// A character outside the basic plane, written as a pair of surrogate escapes, becomes the character itself; what
    /// follows it on the same line moves left by the difference. Tabs around the outermost brackets become blanks;
    /// within them libyaml takes tabs as they are.
    static func readable(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let first = start(of: text), let last = text.lastIndex(where: { !isBlank($0) }) else { return nil }
        let hasTabs = text[..<first].contains(UInt8(ascii: "\t")) || text[last...].contains(UInt8(ascii: "\t"))
        guard hasTabs || text.contains(UInt8(ascii: "\\")) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        result += text[..<first].map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: " ") : $0 }
        appendCombiningSurrogates(text[first...last], to: &result)
        result += text[(last + 1)...].map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: " ") : $0 }
        return result
    }

    /// Where the first bracket of a part of a file stands, with nothing but a document separator and blanks before it;
    /// `nil` where something else begins the part.
    static func start(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        contentStart(of: text).flatMap { "{[".utf8.contains(text[$0]) ? $0 : nil }
    }

    /// Where a part of a file begins that may be meant as JSON: with a bracket, or with what people put before one.
    static func likelyStart(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        contentStart(of: text).flatMap { "{[}],\"/".utf8.contains(text[$0]) ? $0 : nil }
    }

    private static func contentStart(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        var rest = text[...]
        if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
        rest = rest.drop(while: isBlank)
        if rest.starts(with: "---".utf8), rest.dropFirst(3).first.map(isBlank) == true {
            rest = rest.dropFirst(3).drop(while: isBlank)
        }
        return rest.isEmpty ? nil : rest.startIndex
    }

    private static func appendCombiningSurrogates(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, to result: inout [UInt8]
    ) {
        var index = text.startIndex
        var isQuoted = false
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
            guard isQuoted, byte == UInt8(ascii: "\\"), index + 1 < text.endIndex else {
                result.append(byte)
                index += 1
                continue
            }
            if let high = codeUnit(text, at: index), UTF16.isLeadSurrogate(high),
                let low = codeUnit(text, at: index + 6), UTF16.isTrailSurrogate(low)
            {
                result += String(decoding: [high, low], as: UTF16.self).utf8
                index += 12
            } else {
                // Both bytes at once, so that an escaped backslash or quote is not taken for the start of something.
                result += text[index...(index + 1)]
                index += 2
            }
        }
    }

    /// The code unit of an escape: `\u` and four hexadecimal digits.
    static func codeUnit(_ text: Slice<UnsafeBufferPointer<UInt8>>, at index: Int) -> UInt16? {
        guard index + 6 <= text.endIndex, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var value: UInt16 = 0
        for byte in text[(index + 2)..<(index + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }
}
