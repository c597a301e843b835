import NetworkValues

/// Whose a resource is, and what it is called.
struct DecodedIdentity {
    var metadata: Metadata
    /// `nil` for a kind that belongs to the whole cluster.
    var namespace: String?
    /// Whether the document says, readably, which resource it is about.
    var isNamed: Bool
}

extension DecodingContext {
    /// The metadata of a kind that belongs to a namespace; `default` unless the document says otherwise.
    mutating func namespacedMetadata(_ document: Fields<DocumentField>) -> DecodedIdentity {
        enter(document, .metadata) { context, node in
            let decoded = context.metadata(node, known: MetadataField.common)
            let isSound = decoded.metadata.namespace != nil || decoded.fields[.namespace] == nil
            return DecodedIdentity(
                metadata: decoded.metadata, namespace: decoded.metadata.namespace ?? "default",
                isNamed: decoded.isNamed && isSound)
        }
    }

    /// The metadata of a kind that belongs to the whole cluster. Who names a namespace there means less than the whole
    /// cluster, and must not get it.
    /// - Parameters:
    ///   - remedy: What to say to who names a namespace.
    ///   - checkName: What the kind demands of a name beside what every kind does.
    mutating func clusterMetadata(
        _ document: Fields<DocumentField>, _ remedy: String, name checkName: (String) throws(InvalidValue) -> String
    ) -> DecodedIdentity {
        enter(document, .metadata) { context, node in
            let decoded = context.metadata(node, known: MetadataField.common)
            _ = context.read(decoded.fields, .namespace) { context, node -> Void? in
                context.error(node, "the kind belongs to the whole cluster: \(remedy)")
            }
            var isNamed = decoded.isNamed
            if isNamed {
                isNamed = context.read(decoded.fields, .name) { context, node in context.value(node, checkName) } != nil
            }
            return DecodedIdentity(metadata: decoded.metadata, namespace: nil, isNamed: isNamed)
        }
    }

    /// The fields beside `metadata` and `spec`, those of `names` without a warning: they are known, and have no effect.
    mutating func others(_ document: Fields<DocumentField>, silent names: Set<String>) -> [String: FieldValue] {
        var known: [String: FieldValue] = [:]
        var rest = document
        rest.unknown.removeAll()
        for index in document.unknown {
            let (key, value) = (document[index].key, document[index].value)
            guard let name = key.text, names.contains(name) else {
                rest.unknown.append(index)
                continue
            }
            known[name] = within(.field(name), startingAt: key) { context in context.fieldValue(value) }
        }
        return known.merging(others(rest)) { first, _ in first }
    }
}
