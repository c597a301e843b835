extension Selector {
    /// Reads a selector in Calico's language; one without content selects everything.
    /// - Throws: ``SelectorError`` for any other text, and for one longer than 256 KiB or with parentheses nested more
    ///   than 100 levels deep.
    public init(parsing text: String) throws(SelectorError) {
        self.init(text: text, expression: try SelectorParser.expression(of: text))
    }
}

extension Selector.Expression {
    /// All of these: what is an `and` itself becomes a part of this one; a single one stands for itself.
    static func and(flattening parts: [Self]) -> Self {
        guard parts.count > 1 else { return parts.first ?? .all }
        return .and(parts.flatMap { if case .and(let inner) = $0 { inner } else { [$0] } })
    }

    /// One of these: what is an `or` itself becomes a part of this one; a single one stands for itself.
    static func or(flattening parts: [Self]) -> Self {
        guard parts.count > 1 else { return parts.first ?? .all }
        return .or(parts.flatMap { if case .or(let inner) = $0 { inner } else { [$0] } })
    }

    /// The opposite; of a negation, what it negates.
    static func not(simplifying operand: Self) -> Self {
        if case .not(let inner) = operand { inner } else { .not(operand) }
    }
}
