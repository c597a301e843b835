extension DecodingContext {
    /// The one of several spellings of a field that is given. Two at once are an error: which would be meant?
    mutating func only<Name>(_ fields: Fields<Name>, _ spellings: [Name]) -> Name? {
        let given = spellings.filter { fields[$0].map { !$0.value.isEmpty } ?? false }
        guard let first = given.first else { return nil }
        for name in given.dropFirst() {
            guard let key = fields[name]?.key else { continue }
            within(.field(name.rawValue), startingAt: key) { context in
                context.error(key, "means the same as \"\(first.rawValue)\", which is given as well: remove one")
            }
        }
        return first
    }

    /// Reports every field that narrows a rule and cannot be enforced, or is not known at all.
    /// - Parameter unenforced: Fields that have a meaning elsewhere, and why they have none here.
    mutating func refuse<Name>(
        _ fields: Fields<Name>, _ unenforced: [(name: Name, reason: String)] = [], known: [Name]? = nil,
        of subject: String = "rule"
    ) {
        for (name, reason) in unenforced {
            guard let field = fields[name], !field.value.isEmpty else { continue }
            within(.field(name.rawValue), startingAt: field.key) { context in context.error(field.key, reason) }
        }
        let enforced = (known ?? Array(Name.allCases)).filter { name in !unenforced.contains { $0.name == name } }
        for index in fields.unknown {
            let key = fields[index].key
            guard let name = key.text else { continue }
            within(.field(name), startingAt: key) { context in
                // What the older format negates with a mark must not be taken for the opposite.
                let wanted = name.hasPrefix("!") ? "not\(name.dropFirst())" : name
                let hint = suggestion(for: wanted, among: enforced)
                context.error(key, "unknown field: the \(subject) cannot be enforced as written\(hint)")
            }
        }
    }
}

extension YAMLNode {
    /// Whether this says nothing: null, an empty text, list or mapping, as Calico's own tools print unused fields.
    var isEmpty: Bool {
        switch content {
        case .scalar(let scalar): isNull || scalar.text.isEmpty
        case .sequence(let items): items.isEmpty
        case .mapping(let pairs): pairs.isEmpty
        }
    }
}
