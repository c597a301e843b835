/// Finds the first mistake in a text that is meant to be JSON (RFC 8259).
///
/// libyaml reads JSON as the flow style of YAML, and explains what is wrong with it in words of YAML and often in the
/// next line. This looks at the text again, only after libyaml has refused it, to say it in words of JSON.
struct JSONSyntax {
    private let text: UnsafeBufferPointer<UInt8>
    private let firstLine: Int
    private var index: Int
    /// The brackets that are open, and where they stand.
    private var open: [(bracket: UInt8, index: Int)] = []

    /// The fault's place and nature, or `nil` when the text is JSON.
    /// - Parameters:
    ///   - start: Where the first bracket stands.
    ///   - firstLine: The line of the file on which the text begins, counted from 1.
    static func firstFault(in text: UnsafeBufferPointer<UInt8>, from start: Int, firstLine: Int) -> YAMLError? {
        var syntax = Self(text: text, firstLine: firstLine, index: start)
        do {
            try syntax.readDocument()
            return nil
        } catch {
            return error
        }
    }

    private init(text: UnsafeBufferPointer<UInt8>, firstLine: Int, index: Int) {
        (self.text, self.firstLine, self.index) = (text, firstLine, index)
    }

    /// Without recursion: nesting is the writer's choice.
    private mutating func readDocument() throws(YAMLError) {
        repeat {
            try readValue()
            try readEnds()
        } while !open.isEmpty
        skipBlanks()
        guard index == text.count else {
            throw fault("text after the end of the document: separate documents by a line with --- alone")
        }
    }

    /// A value, or the beginnings of lists and objects down to the first value in them.
    private mutating func readValue() throws(YAMLError) {
        while true {
            skipBlanks()
            guard let byte = current else { throw endOfText() }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open.append((byte, index))
                index += 1
                skipBlanks()
                if current == Self.closing(byte) { return }
                if byte == UInt8(ascii: "{") { try readName() }
            case UInt8(ascii: "\""): return try readString()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                return try readLiteral()
            default: throw unexpected("a value is expected here")
            }
        }
    }

    /// What may follow a value: the ends of objects and lists, and after a comma the beginning of a next value.
    private mutating func readEnds() throws(YAMLError) {
        while let (bracket, start) = open.last {
            skipBlanks()
            guard let byte = current else { throw endOfText() }
            if byte == Self.closing(bracket) {
                index += 1
                open.removeLast()
                continue
            }
            guard byte == UInt8(ascii: ",") else {
                let end = Character(Unicode.Scalar(Self.closing(bracket)))
                throw unexpected("',' or '\(end)' is expected here, in \(named(bracket, start))")
            }
            let comma = index
            index += 1
            skipBlanks()
            if current == Self.closing(bracket) {
                index = comma
                throw fault("the last comma in \(named(bracket, start)) has nothing after it: remove it")
            }
            if bracket == UInt8(ascii: "{") { try readName() }
            return
        }
    }

    private mutating func readName() throws(YAMLError) {
        guard let byte = current else { throw endOfText() }
        guard byte == UInt8(ascii: "\"") else { throw unexpected("a name in double quotes is expected here") }
        try readString()
        skipBlanks()
        guard let next = current else { throw endOfText() }
        guard next == UInt8(ascii: ":") else { throw unexpected("':' is expected here, after the name of a field") }
        index += 1
    }

    private mutating func readString() throws(YAMLError) {
        let start = index
        index += 1
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return
            case UInt8(ascii: "\\"): try readEscape()
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                index = start
                throw fault(
                    "this text in double quotes does not end on its line: close it, or write \\n for a line break")
            case 0..<0x20 where byte != UInt8(ascii: "\t"):
                throw fault("a control character: write it as an escape, such as \\u0000")
            default: index += 1
            }
        }
        index = start
        throw fault("this text in double quotes has no end: the file is incomplete")
    }

    private mutating func readEscape() throws(YAMLError) {
        guard index + 1 < text.count else {
            index = text.count
            return
        }
        switch text[index + 1] {
        case UInt8(ascii: "u"):
            let digits = text[(index + 2)...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
                throw fault("\\u needs four hexadecimal digits")
            }
            try readSurrogates()
        case let byte where "\"\\/bfnrt".utf8.contains(byte): index += 2
        case let byte:
            let character = byte < 0x80 ? String(Unicode.Scalar(byte)) : "?"
            throw fault("\\\(excerpt(character)) is no escape: write \\\\ for a backslash")
        }
    }

    /// A character beyond the basic plane is two escapes; neither stands alone.
    private mutating func readSurrogates() throws(YAMLError) {
        guard let unit = JSONText.codeUnit(text[...], at: index) else { return }
        if UTF16.isLeadSurrogate(unit), let low = JSONText.codeUnit(text[...], at: index + 6),
            UTF16.isTrailSurrogate(low)
        {
            index += 12
        } else if UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) {
            throw fault("half a surrogate pair: a character beyond U+FFFF is written as two escapes")
        } else {
            index += 6
        }
    }

    private mutating func readLiteral() throws(YAMLError) {
        let start = index
        let literal = text[start...].prefix { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
        let word = String(decoding: literal, as: UTF8.self)
        guard word == "null" || isJSONLiteral(word) else { throw unexpected("a value is expected here") }
        index = literal.endIndex
    }

    // MARK: Words

    private static func closing(_ bracket: UInt8) -> UInt8 {
        bracket == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }

    private func named(_ bracket: UInt8, _ start: Int) -> String {
        let line = firstLine + Place(ofByte: start, in: text).line
        return "the \(bracket == UInt8(ascii: "{") ? "object" : "list") that begins on line \(line)"
    }

    private func endOfText() -> YAMLError {
        let inside = open.last.map { " inside \(named($0.bracket, $0.index))" } ?? ""
        return fault("the text ends\(inside): the file is incomplete")
    }

    /// What stands here instead of what is accepted.
    private func unexpected(_ accepted: String) -> YAMLError {
        let rest = text[index...]
        let word = rest.prefix { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 >= 0x80 }
        let found = String(decoding: word.isEmpty ? rest.prefix(1) : word, as: UTF8.self)
        let remedy =
            switch rest.first {
            case UInt8(ascii: "'"): "; texts stand in double quotes"
            case UInt8(ascii: "/"), UInt8(ascii: "#"): "; JSON has no comments"
            case _ where accepted.hasPrefix("a value") && !word.isEmpty: "; a text stands in double quotes"
            default: ""
            }
        return fault("\(accepted), not '\(excerpt(found))'\(remedy)")
    }

    private func fault(_ problem: String) -> YAMLError {
        let place = Place(ofByte: index, in: text)
        return YAMLError(
            language: .json, line: firstLine + place.line, column: place.column + 1, problem: problem)
    }

    // MARK: Bytes

    private var current: UInt8? { index < text.count ? text[index] : nil }

    private mutating func skipBlanks() {
        while let byte = current, JSONText.isBlank(byte) { index += 1 }
    }
}
