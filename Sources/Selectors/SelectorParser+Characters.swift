/// Where the parser stands, and what it meets there.
extension SelectorParser {
    var isAtEnd: Bool { position == bytes.count }
    var peek: UInt8? { peek(0) }
    func peek(_ distance: Int) -> UInt8? {
        position + distance < bytes.count ? bytes[position + distance] : nil
    }
    var isAtQuote: Bool { peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") }

    mutating func skipSpace() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") {
            position += 1
        }
    }

    /// Skips a character, and the space behind it.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        skipSpace()
        return true
    }

    /// Skips `&&`, `||` or `==`, and the space behind it; one alone is an error.
    mutating func skip(twice character: Unicode.Scalar) throws(SelectorError) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        guard peek(1) == UInt8(ascii: character) else {
            throw error("a single \(character): expected \(character)\(character)")
        }
        position += 2
        skipSpace()
        return true
    }

    /// As many characters as a label's key may consist of.
    mutating func word() -> String {
        let start = position
        while let byte = peek, Self.isKeyCharacter(byte) {
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isKeyCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    func checkKey(_ key: String, at start: Int) throws(SelectorError) {
        guard key.utf8.count <= Self.maximumKeyLength else {
            throw SelectorError(
                column: column(of: start),
                message: "a label's key of \(key.utf8.count) characters: at most \(Self.maximumKeyLength) are accepted")
        }
    }

    // MARK: Errors

    func error(_ message: String) -> SelectorError {
        SelectorError(column: column(of: position), message: message)
    }

    /// Counted in Unicode's code points, as libyaml counts the columns of a document.
    func column(of position: Int) -> Int {
        bytes[..<position].reduce(1) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    }

    /// What stands here, fit for one line of a message.
    var found: String {
        guard let byte = peek else { return "the selector ends here" }
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
            return "a line break here, where only blanks and tabs are space (in YAML, \">-\" folds lines into one)"
        }
        var rest = self
        let word = rest.word()
        if !word.isEmpty { return "\"\(Self.shortened(word))\" here" }
        guard let scalar = String(decoding: bytes[position...].prefix(4), as: UTF8.self).unicodeScalars.first else {
            return "the selector ends here"
        }
        return "\(scalar.escaped(asASCII: !scalar.isPrintable)) here"
    }

    static func shortened(_ word: String) -> String {
        word.utf8.count <= 40 ? word : "\(word.prefix(40))…"
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
        default: true
        }
    }
}
