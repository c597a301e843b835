/// The names of a mapping's fields, as an enumeration so that a decoder must say what it does with each.
protocol FieldName: RawRepresentable<String>, CaseIterable, Equatable {}

/// The fields of one mapping: those with a meaning, and the rest.
struct Fields<Name: FieldName> {
    /// A field's name and where it stands in the mapping.
    struct Known {
        var name: Name
        var index: Int
    }

    /// `false` when something else stands where the mapping should; what that lacks is not worth reporting.
    let isMapping: Bool
    private let pairs: [YAMLNode.Pair]
    var known: [Known] = []
    var unknown: [Int] = []

    /// - Parameter node: `nil` or null for a mapping without fields.
    init(_ node: YAMLNode?) {
        isMapping = node.map { $0.isMapping || $0.isNull } ?? true
        pairs = node?.pairs ?? []
    }

    /// The key and value of a field; `nil` when it is absent.
    subscript(name: Name) -> YAMLNode.Pair? {
        for field in known where field.name == name {
            return pairs[field.index]
        }
        return nil
    }

    /// The key and value at an index of ``known`` or ``unknown``.
    subscript(index: Int) -> YAMLNode.Pair { pairs[index] }
}
