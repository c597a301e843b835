extension Selector.Expression: CustomStringConvertible {
    /// The canonical form.
    public var description: String {
        switch self {
        case .all: "all()"
        case .global: "global()"
        case .has(let key): "has(\(key))"
        case .equal(let key, let value): "\(key) == \(Self.quoted(value))"
        case .notEqual(let key, let value): "\(key) != \(Self.quoted(value))"
        case .isIn(let key, let values): "\(key) in {\(values.map(Self.quoted).joined(separator: ", "))}"
        case .isNotIn(let key, let values): "\(key) not in {\(values.map(Self.quoted).joined(separator: ", "))}"
        case .contains(let key, let part): "\(key) contains \(Self.quoted(part))"
        case .startsWith(let key, let start): "\(key) starts with \(Self.quoted(start))"
        case .endsWith(let key, let end): "\(key) ends with \(Self.quoted(end))"
        case .not(let inner): "!\(inner.isCompound ? "(\(inner))" : inner.description)"
        case .and(let parts): parts.map { $0.isCompound ? "(\($0))" : $0.description }.joined(separator: " && ")
        case .or(let parts): parts.map { $0.isCompound ? "(\($0))" : $0.description }.joined(separator: " || ")
        }
    }

    private var isCompound: Bool {
        switch self {
        case .and, .or: true
        default: false
        }
    }

    private static func quoted(_ value: String) -> String { value.contains("\"") ? "'\(value)'" : "\"\(value)\"" }
}
