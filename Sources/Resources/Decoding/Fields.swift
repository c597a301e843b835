/// The names of a mapping's fields, as an enumeration so that a decoder must say what it does with each.
protocol FieldName: RawRepresentable<String>, CaseIterable, Equatable, Sendable {
    static var table: FieldTable<Self> { get }
}

/// All cases of a ``FieldName``, to be found by their texts: the initializer that the compiler makes compares a text with every
/// case in full.
struct FieldTable<Name: FieldName>: Sendable {
    private let names = Array(Name.allCases)
    private let fingerprints = Name.allCases.map { KeyFingerprint($0.rawValue) }

    func name(_ text: String, _ fingerprint: KeyFingerprint) -> Name? {
        for index in names.indices
        where fingerprints[index].mayEqual(fingerprint) && names[index].rawValue == text {
            return names[index]
        }
        return nil
    }
}

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
        known.reserveCapacity(pairs.count)
    }

    /// The key and value of a field; `nil` when it is absent.
    subscript(name: Name) -> YAMLNode.Pair? { index(of: name).map { pairs[$0] } }

    func has(_ name: Name) -> Bool { index(of: name) != nil }

    private func index(of name: Name) -> Int? {
        for index in known.indices where known[index].name == name { return known[index].index }
        return nil
    }

    /// The key and value at an index of ``known`` or ``unknown``.
    subscript(index: Int) -> YAMLNode.Pair { pairs[index] }
}
