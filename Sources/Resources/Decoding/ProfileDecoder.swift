private enum ProfileSpecField: String, FieldName {
    case ingress, egress, labelsToApply
}

extension DecodingContext {
    /// - Returns: The profile, and whether the document names it; when the context has errors it must not be used.
    mutating func profile(_ document: Fields<DocumentField>) -> (profile: Profile, isNamed: Bool) {
        let decoded = enter(document, .metadata) { context, node in
            let decoded = context.metadata(node, known: MetadataField.common)
            _ = context.read(decoded.fields, .namespace) { context, node -> Void? in
                context.warning(node, "a profile belongs to the whole cluster: its namespace has no effect")
            }
            return decoded
        }
        var profile = Profile(metadata: decoded.metadata)
        _ = read(document, .spec) { context, node -> Void? in
            let fields = context.fields(of: node, as: ProfileSpecField.self)
            profile.ingress = context.read(fields, .ingress) { context, node in context.rules(node) } ?? []
            profile.egress = context.read(fields, .egress) { context, node in context.rules(node) } ?? []
            profile.labelsToApply =
                context.read(fields, .labelsToApply) { context, node in
                    context.labels(node)
                } ?? [:]
            profile.otherSpecFields = context.others(fields)
        }
        profile.otherFields = others(document)
        return (profile, decoded.isNamed)
    }
}
