/// How texts are set off: with colours on a terminal, and not at all elsewhere.
package struct TerminalText: Hashable, Sendable {
    package enum Emphasis: String {
        case heading = "1"
        case good = "32"
        case waiting = "33"
        case bad = "31"
    }

    package var isColoured: Bool

    package init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    package static let plain = TerminalText(isColoured: false)

    /// The text between the control sequences of ECMA-48 (select graphic rendition).
    package func emphasize(_ text: String, _ emphasis: Emphasis?) -> String {
        guard isColoured, let emphasis, !text.isEmpty else { return text }
        return "\u{1b}[\(emphasis.rawValue)m\(text)\u{1b}[0m"
    }
}

extension StatusReport.Endpoint.State {
    package var emphasis: TerminalText.Emphasis {
        switch self {
        case .up: .good
        case .pending, .down: .waiting
        case .blocked, .conflict, .error: .bad
        }
    }

    /// The order in tables: what somebody has to do something about comes first.
    package var urgency: Int {
        switch self {
        case .error: 0
        case .conflict: 1
        case .blocked: 2
        case .down: 3
        case .pending: 4
        case .up: 5
        }
    }
}

extension String {
    /// The text on one line, every character that could command a terminal, forge a line of a log, or hide and reorder
    /// text escaped as in Swift source: `\u{1B}`.
    package var printable: String {
        unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.isUnprintable {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// A JSON text, which says the same, with those characters as JSON's escapes. Encoders escape those of ASCII only.
    package var printableJSON: String {
        guard utf8.contains(where: { $0 >= 0x7f }) else { return self }
        return unicodeScalars.reduce(into: "") { result, scalar in
            guard scalar.isUnprintable, scalar != "\n" else { return result.unicodeScalars.append(scalar) }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
