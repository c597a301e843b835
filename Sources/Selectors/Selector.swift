/// A condition on labels in Calico's selector language.
public struct Selector: Hashable, Sendable, CustomStringConvertible {
    /// As somebody wrote it.
    public let text: String
    public let expression: Expression

    public init(text: String, expression: Expression) {
        self.text = text
        self.expression = expression
    }

    /// What a selector says, as a tree. Label keys and values are plain texts.
    public indirect enum Expression: Hashable, Sendable {
        case all
        /// `global()`: everything, except where a rule says which namespaces it means: there, what is in none.
        case global
        case has(String)
        case equal(String, String)
        /// Also without the label.
        case notEqual(String, String)
        /// Values in order, each once.
        case isIn(String, [String])
        /// Also without the label.
        case isNotIn(String, [String])
        case contains(String, String)
        case startsWith(String, String)
        case endsWith(String, String)
        case not(Expression)
        /// Two or more.
        case and([Expression])
        /// Two or more.
        case or([Expression])
    }

    /// Whether `global()` is a part of it.
    public var usesGlobal: Bool { expression.usesGlobal }

    /// The canonical form, equal for selectors that differ in spaces, quotes and needless parentheses alone.
    public var description: String { expression.description }
}

extension Selector.Expression {
    fileprivate var usesGlobal: Bool {
        switch self {
        case .global: true
        case .not(let inner): inner.usesGlobal
        case .and(let parts), .or(let parts): parts.contains(where: \.usesGlobal)
        default: false
        }
    }
}
