import NetworkValues

extension DecodingContext {
    /// A scalar's text, whatever YAML would make of it: an unquoted number keeps its digits. `nil` for null, which
    /// stands for an absent field, and after an error.
    mutating func text(_ node: YAMLNode) -> String? {
        guard case .scalar(let scalar) = node.content else {
            error(node, "a text is expected here, not \(node.kindDescription)")
            return nil
        }
        return node.isNull ? nil : scalar.text
    }

    /// A value read from a scalar's text.
    mutating func value<Value>(
        _ node: YAMLNode, _ parse: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        guard let text = text(node) else { return nil }
        do {
            return try parse(text)
        } catch {
            self.error(node, error.message)
            return nil
        }
    }

    /// A number in decimal digits.
    mutating func integer(_ node: YAMLNode, in range: ClosedRange<Int>, as kind: String) -> Int? {
        value(node) { text throws(InvalidValue) in
            guard let number = decimal(text, in: range) else {
                throw InvalidValue(
                    kind: kind, text: text, accepted: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// The items of a list that could be decoded; null is an empty list.
    mutating func list<Value>(
        _ node: YAMLNode, of content: String, _ decode: (inout DecodingContext, YAMLNode) -> Value?
    ) -> [Value] {
        guard case .sequence(let items) = node.content else {
            if !node.isNull {
                error(node, "a list of \(content) is expected here, not \(node.kindDescription)")
            }
            return []
        }
        var values: [Value] = []
        values.reserveCapacity(items.count)
        for index in items.indices {
            let item = items[index]
            let value = within(.index(index), startingAt: item) { context -> Value? in
                if item.isNull {
                    context.error(item, "an item of the list has no value")
                    return nil
                }
                return decode(&context, item)
            }
            if let value {
                values.append(value)
            }
        }
        return values
    }

    /// A list of texts without structure.
    mutating func list<Value>(
        _ node: YAMLNode, of content: String, parse: (String) throws(InvalidValue) -> Value
    ) -> [Value] {
        list(node, of: content) { context, item in context.value(item, parse) }
    }
}

extension InvalidValue {
    /// The description, fit for one line whatever the text is.
    var message: String { InvalidValue(kind: kind, text: excerpt(text), accepted: accepted).description }
}
