/// The value of an unsigned decimal number without sign, blank or leading zero; `nil` for another text or beyond the
/// range. `010` is no number, because YAML 1.1 and 1.2 disagree on its value.
func decimal(_ text: String, in range: ClosedRange<Int>) -> Int? {
    let digits = text.utf8
    guard (1...18).contains(digits.count), digits.first != UInt8(ascii: "0") || digits.count == 1,
        digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    return range.contains(value) ? value : nil
}

/// The text with ASCII's capitals made small. `lowercased()` would take a Kelvin sign for a k.
func asciiLowercased(_ text: String) -> String {
    String(
        decoding: text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self
    )
}

/// A text fit for a line of a terminal or a log: control characters escaped, and cut where it gets long.
func excerpt(_ text: String) -> String {
    let limit = 80
    var result = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == limit {
            return result + "…"
        }
        result += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return result
}

/// Line breaks, terminal controls, and the marks that reorder or hide text.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}

/// Whether a text is a number, `true` or `false` in JSON's own spelling (RFC 8259 sections 3 and 6).
func isJSONLiteral(_ text: String) -> Bool {
    if text == "true" || text == "false" { return true }
    var rest = text.utf8[...]
    func skip(_ characters: String) -> Bool {
        guard let first = rest.first, characters.utf8.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }
    func skipDigits() -> Bool {
        let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        rest = rest.dropFirst(count)
        return count > 0
    }
    _ = skip("-")
    guard skip("0") || skipDigits() else { return false }
    if skip("."), !skipDigits() { return false }
    if skip("eE") {
        _ = skip("+-")
        guard skipDigits() else { return false }
    }
    return rest.isEmpty
}
