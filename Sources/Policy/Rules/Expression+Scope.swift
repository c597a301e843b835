import Selectors

extension Selector.Expression {
    /// All of them; those that select everything are left out.
    static func conjunction(_ expressions: [Self]) -> Self {
        var parts: [Self] = []
        for expression in expressions {
            switch expression {
            case .all, .global: break
            case .and(let inner): parts += inner
            default: parts.append(expression)
            }
        }
        switch parts.count {
        case 0: return .all
        case 1: return parts[0]
        default: return .and(parts)
        }
    }

    /// A selector of namespaces as one of what is in them. There, `all()` leaves out what is in none, and `global()`
    /// all else (libcalico-go, `updateprocessors.getEndpointSelector`).
    var ofNamespaces: Self {
        let isInNamespace = Self.has(InheritedLabel.namespace)
        return prefixed(InheritedLabel.namespacePrefix, all: isInNamespace, global: .not(isInNamespace))
    }

    /// The same of labels whose names begin with the prefix.
    func prefixed(_ prefix: String, all: Self = .all, global: Self = .all) -> Self {
        func inner(_ expression: Self) -> Self { expression.prefixed(prefix, all: all, global: global) }
        return switch self {
        case .all: all
        case .global: global
        case .has(let key): .has(prefix + key)
        case .equal(let key, let value): .equal(prefix + key, value)
        case .notEqual(let key, let value): .notEqual(prefix + key, value)
        case .isIn(let key, let values): .isIn(prefix + key, values)
        case .isNotIn(let key, let values): .isNotIn(prefix + key, values)
        case .contains(let key, let part): .contains(prefix + key, part)
        case .startsWith(let key, let start): .startsWith(prefix + key, start)
        case .endsWith(let key, let end): .endsWith(prefix + key, end)
        case .not(let expression): .not(inner(expression))
        case .and(let parts): .and(parts.map(inner))
        case .or(let parts): .or(parts.map(inner))
        }
    }
}
