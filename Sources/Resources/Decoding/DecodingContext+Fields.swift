extension DecodingContext {
    /// The fields of a mapping whose names are cases of `Name`; one without a value counts as absent.
    ///
    /// - Parameters:
    ///   - node: `nil` for a mapping that is itself absent.
    ///   - known: The names that exist here; all unless told.
    mutating func fields<Name: FieldName>(
        of node: YAMLNode?, as type: Name.Type = Name.self, known: [Name]? = nil
    ) -> Fields<Name> {
        var fields = Fields<Name>(node)
        guard let node else { return fields }
        let table = Name.table
        keys(of: node) { context, name, index, pair in
            if let field = table.name(name, pair.fingerprint), known?.contains(field) ?? true {
                if !pair.value.isNull {
                    fields.known.append(Fields.Known(name: field, index: index))
                }
            } else if name == "<<" {
                context.within(.field(name), startingAt: pair.key) { context in
                    context.error(pair.key, "merge keys are not supported: write the fields out")
                }
            } else {
                fields.unknown.append(index)
            }
        }
        return fields
    }

    /// Decodes a field inside its path; `nil` when it is absent or wrong.
    mutating func read<Name, Value>(
        _ fields: Fields<Name>, _ name: Name, _ decode: (inout DecodingContext, YAMLNode) -> Value?
    ) -> Value? {
        guard let entry = fields[name] else { return nil }
        return within(.field(name.rawValue), startingAt: entry.key) { context in decode(&context, entry.value) }
    }

    /// Decodes a field, reporting its absence as an error that explains what is wanted.
    mutating func require<Name, Value>(
        _ fields: Fields<Name>, _ name: Name, _ explanation: String,
        _ decode: (inout DecodingContext, YAMLNode) -> Value?
    ) -> Value? {
        guard fields.has(name) else {
            if fields.isMapping {
                missing(name.rawValue, explanation)
            }
            return nil
        }
        return read(fields, name, decode)
    }

    /// Decodes a mapping that has required fields, so that its absence is reported as theirs.
    mutating func enter<Name, Value>(
        _ fields: Fields<Name>, _ name: Name, _ decode: (inout DecodingContext, YAMLNode?) -> Value
    ) -> Value {
        guard let entry = fields[name] else {
            return withinAbsent(name.rawValue) { context in decode(&context, nil) }
        }
        return within(.field(name.rawValue), startingAt: entry.key) { context in decode(&context, entry.value) }
    }

    /// The fields without a meaning here, each with a warning: nothing is dropped silently.
    /// - Parameter misplaced: Fields of another format, and what to say about one here.
    mutating func others<Name>(
        _ fields: Fields<Name>, known: [Name]? = nil, misplaced: (names: [Name], hint: String)? = nil
    ) -> [String: FieldValue] {
        var others: [String: FieldValue] = [:]
        for index in fields.unknown {
            let (key, value) = (fields[index].key, fields[index].value)
            guard let name = key.text else { continue }
            others[name] = within(.field(name), startingAt: key) { context in
                let hint =
                    misplaced.flatMap { $0.names.contains { $0.rawValue == name } ? "; \($0.hint)" : nil }
                    ?? suggestion(for: name, among: known ?? Array(Name.allCases))
                context.warning(key, "unknown field, kept without effect\(hint)")
                return context.fieldValue(value)
            }
        }
        return others
    }
}
