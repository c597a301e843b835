/// A condition on labels in the tests' own words, which shares nothing with the product's selectors.
indirect enum LabelCondition: Hashable, Sendable {
    case all
    case global
    case has(String)
    case equals(String, String)
    case differs(String, String)
    case isIn(String, [String])
    case isNotIn(String, [String])
    case contains(String, String)
    case startsWith(String, String)
    case endsWith(String, String)
    case not(LabelCondition)
    case both(LabelCondition, LabelCondition)
    case either(LabelCondition, LabelCondition)

    /// What is without a label differs from every value of it, and is in no list of values.
    /// - Parameters:
    ///   - all: What `all()` says here, and `global()` likewise.
    func holds(_ labels: [String: String], all: Bool = true, global: Bool = true) -> Bool {
        func inner(_ condition: LabelCondition) -> Bool { condition.holds(labels, all: all, global: global) }
        return switch self {
        case .all: all
        case .global: global
        case .has(let key): labels[key] != nil
        case .equals(let key, let value): labels[key] == value
        case .differs(let key, let value): labels[key] != value
        case .isIn(let key, let values): labels[key].map { values.contains($0) } ?? false
        case .isNotIn(let key, let values): !(labels[key].map { values.contains($0) } ?? false)
        case .contains(let key, let part): labels[key].map { $0.contains(part) } ?? false
        case .startsWith(let key, let start): labels[key].map { $0.hasPrefix(start) } ?? false
        case .endsWith(let key, let end): labels[key].map { $0.hasSuffix(end) } ?? false
        case .not(let condition): !inner(condition)
        case .both(let left, let right): inner(left) && inner(right)
        case .either(let left, let right): inner(left) || inner(right)
        }
    }

    /// As Calico's selector language writes it. Spaces and quotes vary, and parentheses stand only where they must.
    var text: String {
        switch self {
        case .all: "all()"
        case .global: "global()"
        case .has(let key): "has(\(key))"
        case .equals(let key, let value): "\(key) == '\(value)'"
        case .differs(let key, let value): "\(key)!=\"\(value)\""
        case .isIn(let key, let values): "\(key) in {\(Self.list(values))}"
        case .isNotIn(let key, let values): "\(key) not in { \(Self.list(values)) }"
        case .contains(let key, let part): "\(key) contains \"\(part)\""
        case .startsWith(let key, let start): "\(key) starts with '\(start)'"
        case .endsWith(let key, let end): "\(key)  ends with  \"\(end)\""
        case .not(.has(let key)): "!has(\(key))"
        case .not(let condition): "!(\(condition.text))"
        case .both(let left, let right): "\(left.asFactor) && \(right.asFactor)"
        case .either(let left, let right): "\(left.text)||\(right.text)"
        }
    }

    /// `&&` binds more strongly than `||`.
    private var asFactor: String {
        if case .either = self { "(\(text))" } else { text }
    }

    private static func list(_ values: [String]) -> String { values.map { "'\($0)'" }.joined(separator: ", ") }
}
