extension Selector.Expression {
    /// Whether something with these labels is selected.
    /// - Parameter label: The value of a label, `nil` without it.
    public func matches(_ label: (String) -> String?) -> Bool {
        switch self {
        case .all, .global: true
        case .has(let key): label(key) != nil
        case .equal(let key, let value): label(key) == value
        case .notEqual(let key, let value): label(key) != value
        case .isIn(let key, let values): label(key).map(values.contains) ?? false
        case .isNotIn(let key, let values): !(label(key).map(values.contains) ?? false)
        case .contains(let key, let part): label(key)?.contains(part) ?? false
        case .startsWith(let key, let start): label(key)?.hasPrefix(start) ?? false
        case .endsWith(let key, let end): label(key)?.hasSuffix(end) ?? false
        case .not(let inner): !inner.matches(label)
        case .and(let parts): parts.allSatisfy { $0.matches(label) }
        case .or(let parts): parts.contains { $0.matches(label) }
        }
    }
}
