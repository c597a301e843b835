extension Selector.Expression {
    /// Whether something with these labels is selected. What is said about a label's value is compared byte by byte, as
    /// Calico does it.
    /// - Parameter label: The value of a label, `nil` without it.
    public func matches(_ label: (String) -> String?) -> Bool {
        switch self {
        case .all, .global: true
        case .has(let key): label(key) != nil
        case .equal(let key, let value): label(key) == value
        case .notEqual(let key, let value): label(key) != value
        case .isIn(let key, let values): label(key).map(values.contains) ?? false
        case .isNotIn(let key, let values): !(label(key).map(values.contains) ?? false)
        case .contains(let key, let part): label(key).map { Self.contains($0.utf8, part.utf8) } ?? false
        case .startsWith(let key, let start): label(key)?.utf8.starts(with: start.utf8) ?? false
        case .endsWith(let key, let end): label(key)?.utf8.reversed().starts(with: end.utf8.reversed()) ?? false
        case .not(let inner): !inner.matches(label)
        case .and(let parts): parts.allSatisfy { $0.matches(label) }
        case .or(let parts): parts.contains { $0.matches(label) }
        }
    }

    private static func contains(_ text: String.UTF8View, _ part: String.UTF8View) -> Bool {
        var rest = text[...]
        while rest.count >= part.count {
            if rest.starts(with: part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
