import FoundationEssentials

extension StatusReport {
    /// The document of ``json()`` as YAML: the same keys and values, keys sorted.
    /// - Throws: `EncodingError` when a number is not finite.
    package func yaml() throws -> String {
        let tree = try JSONDecoder().decode(JSONTree.self, from: Data(try json().utf8))
        return tree.yamlLines().joined(separator: "\n") + "\n"
    }
}

/// A JSON value whose meaning nobody asks for.
private indirect enum JSONTree: Decodable {
    /// Text that is the same in JSON and YAML: null, a boolean or a number.
    case literal(String)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .literal("null")
        } else if let value = try? container.decode(Bool.self) {
            self = .literal(value.description)
        } else if let value = try? container.decode(UInt64.self) {
            self = .literal(value.description)
        } else if let value = try? container.decode(Double.self) {
            self = .literal(value.description)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    /// What stands behind `key: ` or `- ` on the same line, if the value fits there.
    private var inline: String? {
        switch self {
        case .literal(let text): text
        case .string(let text): quoted(text)
        case .array(let items): items.isEmpty ? "[]" : nil
        case .object(let members): members.isEmpty ? "{}" : nil
        }
    }

    func yamlLines() -> [String] {
        if let inline { return [inline] }
        switch self {
        case .literal, .string: return []
        case .array(let items):
            return items.flatMap { item in
                let lines = item.yamlLines()
                return lines.prefix(1).map { "- " + $0 } + lines.dropFirst().map { "  " + $0 }
            }
        case .object(let members):
            return members.sorted { $0.key < $1.key }.flatMap { key, value in
                if let inline = value.inline { return ["\(key): \(inline)"] }
                return ["\(key):"] + value.yamlLines().map { "  " + $0 }
            }
        }
    }

    /// A double-quoted scalar, always: a plain one could be read as a number, a boolean or a time (YAML 1.1).
    private func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        } + "\""
    }
}
