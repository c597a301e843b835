/// Writes JSON (RFC 8259) on one line, the members of an object in the order in which they are put.
struct JSONWriter {
    private(set) var text = ""
    private var needsComma = false

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose("{", "}", body)
    }

    mutating func array<Values: Sequence>(_ values: Values, _ put: (inout JSONWriter, Values.Element) -> Void) {
        enclose("[", "]") { writer in
            for value in values {
                put(&writer, value)
            }
        }
    }

    private mutating func enclose(_ opening: String, _ closing: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        text += opening
        needsComma = false
        body(&self)
        text += closing
        needsComma = true
    }

    mutating func name(_ name: String) {
        separate()
        appendQuoted(name)
        text += ":"
        needsComma = false
    }

    mutating func string(_ value: String) {
        separate()
        appendQuoted(value)
    }

    /// A number or a literal name, or a whole value that is JSON already.
    mutating func raw(_ value: String) {
        separate()
        text += value
    }

    private mutating func separate() {
        if needsComma {
            text += ","
        }
        needsComma = true
    }

    private mutating func appendQuoted(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            // Beyond what JSON demands: libyaml takes none of these raw, or takes them for line breaks.
            case "\0"..<" ", "\u{7f}"..."\u{9f}", "\u{2028}"..."\u{2029}", "\u{fffe}"..."\u{ffff}", "\u{feff}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONWriter {
    /// A member, unless its value is absent.
    mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, number: (some BinaryInteger)?) {
        guard let number else { return }
        self.name(name)
        raw("\(number)")
    }

    /// A list of texts, unless it is empty.
    mutating func member(_ name: String, list: [some CustomStringConvertible]) {
        guard !list.isEmpty else { return }
        self.name(name)
        array(list) { writer, item in writer.string(item.description) }
    }

    /// An object of texts in the order of their names, unless it is empty.
    mutating func member(_ name: String, texts: [String: String]) {
        guard !texts.isEmpty else { return }
        self.name(name)
        object { writer in
            for (key, value) in texts.sorted(by: { $0.key < $1.key }) {
                writer.member(key, value)
            }
        }
    }

    /// The fields that were kept without a meaning, in the order of their names.
    mutating func members(_ fields: [String: FieldValue]) {
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            name(key)
            self.value(value)
        }
    }

    private mutating func value(_ value: FieldValue) {
        switch value {
        case .text(let text): string(text)
        case .literal(let literal): raw(literal)
        case .list(let items): array(items) { writer, item in writer.value(item) }
        case .mapping(let fields): object { writer in writer.members(fields) }
        }
    }
}
