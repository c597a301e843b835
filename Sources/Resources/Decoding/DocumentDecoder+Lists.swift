private enum ListField: String, FieldName {
    static let table = FieldTable<Self>()
    case apiVersion, kind, metadata, items
}

extension DocumentDecoder {
    /// What is said about a document outside it, by the list that it stands in.
    struct Surroundings {
        var apiVersion: String?
        var kind: String?
        var path: [DecodingContext.Part] = []
    }

    /// Appends the items of a list, and the list itself where something is to be said about it.
    /// - Parameter itemKind: As the list's own kind has it; `nil` for a list of anything.
    mutating func decodeList(
        _ root: YAMLNode, itemKind: String?, _ surroundings: Surroundings, _ context: inout DecodingContext
    ) {
        let fields = context.fields(of: root, as: ListField.self)
        _ = context.others(fields)
        // Items that rely on a wrong version would only repeat it.
        guard hasKnownVersion(fields, itemKind, &context) else { return reject(nil, root, context) }
        let items = fields[.items]?.value
        var nodes: [YAMLNode] = []
        if let items {
            context.within(.field("items"), startingAt: items) { context in
                if case .sequence(let found) = items.content {
                    nodes = found
                } else {
                    context.error(items, "a list of resources is expected here, not \(items.kindDescription)")
                }
            }
        } else if root.value(of: "items") == nil {
            context.warnOfAbsence("items", "no items: the list holds nothing")
        }
        if context.errorCount > 0 {
            reject(nil, root, context)
        } else if nodes.isEmpty || !context.diagnostics.isEmpty {
            append(.ignored, root, context)
        }
        guard let items else { return }
        var inner = surroundings
        inner.path.append(DecodingContext.Part(.field("items"), startingAt: items))
        // Items of a typed list may leave out what the list's own kind says already.
        inner.kind = itemKind
        inner.apiVersion = itemKind == nil ? nil : fields[.apiVersion]?.value.text
        decode(nodes, inner)
    }

    mutating func decode(_ items: [YAMLNode], _ surroundings: Surroundings) {
        for (index, item) in items.enumerated() {
            var inner = surroundings
            inner.path.append(DecodingContext.Part(.index(index), startingAt: item))
            decode(item, inner)
        }
    }

    /// Whether a typed list's version, on which its items may rely, is one of theirs or is left to them.
    private func hasKnownVersion(
        _ fields: Fields<ListField>, _ itemKind: String?, _ context: inout DecodingContext
    ) -> Bool {
        guard let itemKind, let versions = DocumentType.versions(of: itemKind) else { return true }
        return context.read(fields, .apiVersion) { context, node in
            guard let version = context.text(node) else { return false }
            guard versions.kinds[version] == nil else { return true }
            context.error(node, Self.refusal(of: version, versions))
            return false
        } ?? true
    }
}
