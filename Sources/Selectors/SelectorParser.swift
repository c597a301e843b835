/// Reads a selector as libcalico-go's `tokenizer` and `parser` do, to the letter: `&&` binds closer than `||`, blanks
/// and tabs are all the space there is, quotes have no escapes, a list may be empty or end in a comma, and
/// `starts with`, `ends with` and `not in` are words that may touch.
///
/// What Calico leaves open is bounded here, because a selector comes from whoever may write a resource: its length,
/// and how deep its parentheses go, each level of which takes a few frames of the stack here and in every evaluation.
struct SelectorParser {
    /// In bytes.
    static let maximumLength = 256 * 1024
    static let maximumDepth = 100
    /// Of a label's key, in bytes.
    static let maximumKeyLength = 512

    let bytes: [UInt8]
    var position = 0
    private var depth = 0

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static func expression(of text: String) throws(SelectorError) -> Selector.Expression {
        var parser = SelectorParser(text)
        guard parser.bytes.count <= maximumLength else {
            throw SelectorError(
                column: 1, message: "the selector has \(parser.bytes.count) bytes: at most \(maximumLength) are read")
        }
        parser.skipSpace()
        guard !parser.isAtEnd else { return .all }
        let expression = try parser.disjunction()
        guard parser.isAtEnd else {
            throw parser.error("\(parser.found): expected && or ||, or the end of the selector")
        }
        return expression
    }

    // MARK: Grammar

    private mutating func disjunction() throws(SelectorError) -> Selector.Expression {
        var parts = [try conjunction()]
        while try skip(twice: "|") {
            parts.append(try conjunction())
        }
        return .or(flattening: parts)
    }

    private mutating func conjunction() throws(SelectorError) -> Selector.Expression {
        var parts = [try operation()]
        while try skip(twice: "&") {
            parts.append(try operation())
        }
        return .and(flattening: parts)
    }

    private mutating func operation() throws(SelectorError) -> Selector.Expression {
        var isNegated = false
        while skip("!") {
            isNegated.toggle()
        }
        let operand = peek == UInt8(ascii: "(") ? try parenthesis() : try primary()
        return isNegated ? .not(simplifying: operand) : operand
    }

    private mutating func parenthesis() throws(SelectorError) -> Selector.Expression {
        guard depth < Self.maximumDepth else {
            throw error("parentheses may be nested \(Self.maximumDepth) levels deep, not deeper")
        }
        let opening = column(of: position)
        position += 1
        skipSpace()
        depth += 1
        let inner = try disjunction()
        depth -= 1
        guard skip(")") else {
            throw error("\(found): expected && or ||, or the ) that closes the ( at column \(opening)")
        }
        return inner
    }

    private mutating func primary() throws(SelectorError) -> Selector.Expression {
        let start = position
        let word = self.word()
        guard !word.isEmpty else {
            throw error(
                "\(found): expected a label's key (letters, digits, '_', '.', '/', '-'), has(…), all(), global(), "
                    + "! or (")
        }
        // A function's parenthesis must touch its name; otherwise the name is a label's.
        if peek == UInt8(ascii: "("), let function = Function(rawValue: word) {
            position += 1
            skipSpace()
            return try call(function)
        }
        try checkKey(word, at: start)
        skipSpace()
        return try comparison(of: word)
    }

    private enum Function: String {
        case has, all, global
    }

    private mutating func call(_ function: Function) throws(SelectorError) -> Selector.Expression {
        var key = ""
        if function == .has {
            let start = position
            key = word()
            guard !key.isEmpty else {
                throw error("\(found): expected the key of a label (letters, digits, '_', '.', '/', '-')")
            }
            try checkKey(key, at: start)
            skipSpace()
        }
        guard skip(")") else {
            throw error("\(found): expected the ) of \(function.rawValue)(\(function == .has ? "…" : ""))")
        }
        switch function {
        case .has: return .has(key)
        case .all: return .all
        case .global: return .global
        }
    }

    private mutating func comparison(of key: String) throws(SelectorError) -> Selector.Expression {
        let start = position
        if try skip(twice: "=") { return .equal(key, try literal()) }
        if peek == UInt8(ascii: "!"), peek(1) == UInt8(ascii: "=") {
            position += 2
            skipSpace()
            return .notEqual(key, try literal())
        }
        switch self.operator() {
        case "contains": return .contains(key, try literal())
        case "startswith": return .startsWith(key, try literal())
        case "endswith": return .endsWith(key, try literal())
        case "in": return .isIn(key, try list())
        case "notin": return .isNotIn(key, try list())
        default:
            position = start
            throw error(
                "\(found): expected an operator after label \"\(Self.shortened(key))\": ==, !=, in, not in, contains, "
                    + "starts with or ends with")
        }
    }

    /// The word of an operator, without the space that may divide it.
    private mutating func `operator`() -> String {
        var name = word()
        skipSpace()
        if name == "starts" || name == "ends" || name == "not" {
            name += word()
            skipSpace()
        }
        return name
    }

    private mutating func list() throws(SelectorError) -> [String] {
        guard skip("{") else { throw error("\(found): expected a list of texts in braces, such as {\"a\", \"b\"}") }
        var values: Set<String> = []
        while isAtQuote {
            values.insert(try literal())
            guard skip(",") else { break }
        }
        guard skip("}") else {
            throw error("\(found): expected a text in quotes, a comma between two, or the closing }")
        }
        return values.sorted()
    }

    private mutating func literal() throws(SelectorError) -> String {
        guard isAtQuote, let quote = peek else {
            throw error("\(found): expected a text in quotes, such as \"a\" or 'a'")
        }
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else {
            throw error("the quote that begins here does not end")
        }
        position = end + 1
        skipSpace()
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
