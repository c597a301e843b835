import Selectors

/// A selector over the numbers of a ``LabelTable``.
indirect enum Condition: Sendable {
    case always
    case has(LabelKey.ID)
    case label(Label)
    case oneOf(LabelKey.ID, Set<LabelPair.ID>)
    /// With the label, and its value meets an expression about the label.
    case value(LabelKey.ID, Selector.Expression)
    case not(Condition)
    case and([Condition])
    case or([Condition])

    /// The condition, with a reference to each label in it.
    init(_ expression: Selector.Expression, _ table: inout LabelTable) {
        switch expression {
        case .all, .global: self = .always
        case .has(let key): self = .has(table.retain(key: key))
        case .equal(let key, let value): self = .label(table.retain(key, value))
        case .notEqual(let key, let value): self = .not(.label(table.retain(key, value)))
        case .isIn(let key, let values): self = Self.oneOf(key, values, &table)
        case .isNotIn(let key, let values): self = .not(Self.oneOf(key, values, &table))
        case .contains(let key, _), .startsWith(let key, _), .endsWith(let key, _):
            self = .value(table.retain(key: key), expression)
        case .not(let inner): self = .not(Condition(inner, &table))
        case .and(let parts): self = .and(parts.map { Condition($0, &table) })
        case .or(let parts): self = .or(parts.map { Condition($0, &table) })
        }
    }

    private static func oneOf(_ key: String, _ values: [String], _ table: inout LabelTable) -> Condition {
        let labels = Set(values).map { table.retain(key, $0) }
        return .oneOf(table.retain(key: key), Set(labels.map(\.pair)))
    }

    func release(from table: inout LabelTable) {
        switch self {
        case .always: break
        case .has(let key), .value(let key, _): table.release(key: key)
        case .label(let label): table.release(label)
        case .oneOf(let key, let pairs):
            for pair in pairs {
                table.release(Label(key: key, pair: pair))
            }
            table.release(key: key)
        case .not(let inner): inner.release(from: &table)
        case .and(let parts), .or(let parts):
            for part in parts {
                part.release(from: &table)
            }
        }
    }

    func matches(_ labels: [Label], _ table: LabelTable) -> Bool {
        switch self {
        case .always: return true
        case .has(let key): return labels.contains { $0.key == key }
        case .label(let label): return labels.contains { $0.pair == label.pair }
        case .oneOf(let key, let pairs):
            guard let label = labels.first(where: { $0.key == key }) else { return false }
            return pairs.contains(label.pair)
        case .value(let key, let expression):
            guard let label = labels.first(where: { $0.key == key }) else { return false }
            let value = table.pairs[label.pair].value
            return expression.matches { _ in value }
        case .not(let inner): return !inner.matches(labels, table)
        case .and(let parts): return parts.allSatisfy { $0.matches(labels, table) }
        case .or(let parts): return parts.contains { $0.matches(labels, table) }
        }
    }
}

/// A label that leads from an item to selectors which may select it, and back.
enum Anchor: Sendable {
    case key(LabelKey.ID)
    case pair(LabelPair.ID)
}

extension Condition {
    /// Labels of which whatever meets the condition has one; `nil` where nothing of the kind can be said.
    ///
    /// Of a conjunction's parts that can say so, the one that fewest items and fewest other selectors share.
    func anchors(_ table: LabelTable) -> [Anchor]? {
        switch self {
        case .always, .not: return nil
        case .has(let key), .value(let key, _): return [.key(key)]
        case .label(let label): return [.pair(label.pair)]
        case .oneOf(_, let pairs): return pairs.map { .pair($0) }
        case .and(let parts):
            let choices = parts.compactMap { $0.anchors(table) }.map { (anchors: $0, crowd: Self.crowd($0, table)) }
            return choices.min { $0.crowd < $1.crowd }?.anchors
        case .or(let parts):
            var union: [Anchor] = []
            for part in parts {
                guard let anchors = part.anchors(table) else { return nil }
                union += anchors
            }
            return union
        }
    }

    private static func crowd(_ anchors: [Anchor], _ table: LabelTable) -> Int {
        anchors.reduce(0) { sum, anchor in
            switch anchor {
            case .pair(let pair): sum + table.pairs[pair].items.count + table.pairs[pair].queries.count
            // While nothing has either, a value is still the rarer.
            case .key(let key): sum + table.keys[key].items + table.keys[key].queries.count + 1
            }
        }
    }
}
