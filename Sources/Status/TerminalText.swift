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
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
