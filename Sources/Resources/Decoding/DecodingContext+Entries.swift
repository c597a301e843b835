import NetworkValues

extension DecodingContext {
    /// Visits the fields of a mapping, each within its path; null is an empty mapping.
    ///
    /// A key that comes twice is an error, or with an equal value a warning, and is visited once.
    mutating func entries(
        _ node: YAMLNode, _ visit: (inout DecodingContext, _ name: String, _ key: YAMLNode, _ value: YAMLNode) -> Void
    ) {
        keys(of: node) { context, name, _, pair in
            context.within(.field(name), startingAt: pair.key) { context in
                visit(&context, name, pair.key, pair.value)
            }
        }
    }

    /// The same without a path, for who only looks which fields there are.
    mutating func keys(
        of node: YAMLNode,
        _ visit: (inout DecodingContext, _ name: String, _ index: Int, _ pair: YAMLNode.Pair) -> Void
    ) {
        if !node.isMapping, !node.isNull {
            error(node, "a mapping is expected here, not \(node.kindDescription)")
        }
        let pairs = node.pairs
        var seen = SeenKeys(capacity: pairs.count)
        for index in pairs.indices {
            let pair = pairs[index]
            guard case .scalar(let scalar) = pair.key.content else {
                error(pair.key, "the name of a field must be a text, not \(pair.key.kindDescription)")
                continue
            }
            if let first = seen.firstIndex(of: scalar.text, at: index, in: pairs) {
                within(.field(scalar.text), startingAt: pair.key) { context in
                    context.judgeDuplicate(of: pairs[first], pair)
                }
                continue
            }
            if scalar.text.utf8.count > Self.longestName / 6 { checkLength(scalar.text, pair.key) }
            visit(&self, scalar.text, index, pair)
        }
    }

    /// libyaml reads keys of up to 1024 characters, unless `?` announces them. What is given out again does without, and
    /// has each control character as an escape of six.
    private mutating func checkLength(_ name: String, _ key: YAMLNode) {
        var writer = JSONWriter()
        writer.string(name)
        guard writer.text.unicodeScalars.count > Self.longestName else { return }
        within(.field(name), startingAt: key) { context in
            context.error(
                key,
                "this name of a field is too long: at most \(Self.longestName) characters are accepted, with their escapes"
            )
        }
    }

    private static var longestName: Int { 1000 }

    private mutating func judgeDuplicate(of first: YAMLNode.Pair, _ second: YAMLNode.Pair) {
        if first.value.hasSameContent(as: second.value) {
            warning(second.key, "given twice with the same value, first on line \(first.key.line)")
        } else {
            error(second.key, "given twice with different values, first on line \(first.key.line): remove one")
        }
    }

    /// A value of no known type, as JSON would have it.
    mutating func fieldValue(_ node: YAMLNode) -> FieldValue {
        switch node.content {
        case .scalar where node.isNull:
            return .literal("null")
        case .scalar(let scalar) where scalar.isPlain && isJSONLiteral(scalar.text):
            return .literal(scalar.text)
        case .scalar(let scalar):
            return .text(scalar.text)
        case .sequence(let items):
            return .list(items.map { fieldValue($0) })
        case .mapping:
            var fields: [String: FieldValue] = [:]
            entries(node) { context, name, _, value in fields[name] = context.fieldValue(value) }
            return .mapping(fields)
        }
    }

    /// Names and texts, as labels and annotations are; null is an empty text.
    mutating func texts(
        _ node: YAMLNode, key checkKey: (String) throws(InvalidValue) -> String,
        value checkValue: (String) throws(InvalidValue) -> String = { text in text }
    ) -> [String: String] {
        var texts = [String: String](minimumCapacity: node.pairs.count)
        entries(node) { context, name, key, value in
            _ = context.value(key, named: name, checkKey)
            texts[name] = value.isNull ? "" : context.value(value, checkValue)
        }
        return texts
    }

    /// Checks a key, which is a text even where a value of its spelling would be null.
    private mutating func value(
        _ key: YAMLNode, named name: String, _ check: (String) throws(InvalidValue) -> String
    ) -> String? {
        do {
            return try check(name)
        } catch {
            self.error(key, error.message)
            return nil
        }
    }
}

/// Finds keys that came before: by looking through a few, by hash through many.
private struct SeenKeys {
    private var indices: [String: Int]?

    init(capacity: Int) {
        indices = capacity > 16 ? Dictionary(minimumCapacity: capacity) : nil
    }

    mutating func firstIndex(of name: String, at index: Int, in pairs: [YAMLNode.Pair]) -> Int? {
        if indices != nil {
            let first = indices?[name]
            if first == nil {
                indices?[name] = index
            }
            return first
        }
        let fingerprint = pairs[index].fingerprint
        for earlier in 0..<index where pairs[earlier].fingerprint.mayEqual(fingerprint) {
            if case .scalar(let scalar) = pairs[earlier].key.content, scalar.text == name {
                return earlier
            }
        }
        return nil
    }
}
