/// A JSON document in the forms that people read: indented JSON, and YAML. Names keep their order, numbers their
/// spelling.
public struct DocumentText: Sendable {
    private let root: YAMLNode

    /// - Throws: ``YAMLError`` when the text is not one JSON document, or is nested deeper than 64 levels.
    public init(json: String) throws(YAMLError) {
        let (documents, error) = YAMLParser.documents(in: Array(Self.escapingForYAML(json).utf8))
        if let error { throw error }
        guard documents.count == 1 else {
            throw YAMLError(line: 1, column: 1, problem: "\(documents.count) documents where one is expected")
        }
        root = documents[0]
    }

    /// Without a line end.
    public var json: String { Self.json(root, indent: "") }

    /// With a line end.
    public var yaml: String { Self.yamlLines(root).joined(separator: "\n") + "\n" }

    /// libyaml takes some characters that JSON allows in strings for line breaks, and refuses others.
    private static func escapingForYAML(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: \.needsEscapeInYAML) else { return json }
        return json.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.needsEscapeInYAML { result += scalar.escape } else { result.unicodeScalars.append(scalar) }
        }
    }

    // MARK: JSON

    private static func json(_ node: YAMLNode, indent: String) -> String {
        let inner = indent + "  "
        switch node.content {
        case .scalar(let scalar):
            return scalar.isPlain ? scalar.text : quoted(scalar.text)
        case .sequence(let items):
            guard !items.isEmpty else { return "[]" }
            let texts = items.map { inner + json($0, indent: inner) }
            return "[\n\(texts.joined(separator: ",\n"))\n\(indent)]"
        case .mapping(let pairs):
            guard !pairs.isEmpty else { return "{}" }
            let texts = pairs.map { "\(inner)\(quoted($0.key.text ?? "")): \(json($0.value, indent: inner))" }
            return "{\n\(texts.joined(separator: ",\n"))\n\(indent)}"
        }
    }

    /// A string of JSON, and a double-quoted scalar of YAML as well: both know these escapes.
    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.needsEscapeInYAML: result += scalar.escape
            default: result.unicodeScalars.append(scalar)
            }
        } + "\""
    }

    // MARK: YAML

    /// What stands behind `key: ` or `- ` on the same line, if the value fits there.
    private static func inlineYAML(_ node: YAMLNode) -> String? {
        switch node.content {
        case .scalar(let scalar): scalar.isPlain ? scalar.text : yaml(scalar.text)
        case .sequence(let items): items.isEmpty ? "[]" : nil
        case .mapping(let pairs): pairs.isEmpty ? "{}" : nil
        }
    }

    private static func yamlLines(_ node: YAMLNode) -> [String] {
        if let inline = inlineYAML(node) { return [inline] }
        switch node.content {
        case .scalar: return []
        case .sequence(let items):
            return items.flatMap { item in
                let lines = yamlLines(item)
                return lines.prefix(1).map { "- " + $0 } + lines.dropFirst().map { "  " + $0 }
            }
        case .mapping(let pairs):
            return pairs.flatMap { pair in
                let name = yaml(pair.key.text ?? "")
                if let inline = inlineYAML(pair.value) { return ["\(name): \(inline)"] }
                return ["\(name):"] + yamlLines(pair.value).map { "  " + $0 }
            }
        }
    }

    private static func yaml(_ text: String) -> String { isPlainYAML(text) ? text : quoted(text) }

    /// Whether every reader takes the text for a text: YAML 1.1 knows many words for booleans, numbers to the base 60
    /// (`10:20:30`), floats with several dots and dates. So a plain text starts with a letter or slash, or it is a
    /// network.
    private static func isPlainYAML(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.last != UInt8(ascii: " "), bytes.last != UInt8(ascii: ":"),
            !text.contains(": "), bytes.allSatisfy({ isLetterOrDigit($0) || " _./:@+-".utf8.contains($0) })
        else { return false }
        let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        if words.contains(text.lowercased()) { return false }
        if first == UInt8(ascii: "/") { return true }
        guard isLetterOrDigit(first) else { return false }
        return first > UInt8(ascii: "9") || bytes.contains(UInt8(ascii: "/"))
    }
}

extension Unicode.Scalar {
    fileprivate var needsEscapeInYAML: Bool {
        switch self {
        case "\u{7f}"..."\u{9f}", "\u{2028}"..."\u{2029}", "\u{fffe}"..."\u{ffff}", "\u{feff}": true
        // Marks that reorder or hide text on a terminal.
        default: value <= 0xffff && properties.generalCategory == .format
        }
    }

    /// `\u` and four digits; for characters of the basic plane.
    fileprivate var escape: String {
        let digits = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
