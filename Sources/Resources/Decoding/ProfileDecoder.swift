private enum ProfileSpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case ingress, egress, labelsToApply

    static let v1: [Self] = [.ingress, .egress]
}

extension DecodingContext {
    mutating func profile(_ document: Fields<DocumentField>, _ format: Profile.Format) -> DecodedResource {
        let known = MetadataField.common + (format == .v1 ? [.tags] : [])
        var tags: [String] = []
        let decoded = enter(document, .metadata) { context, node in
            let decoded = context.metadata(node, known: known)
            _ = context.read(decoded.fields, .namespace) { context, node -> Void? in
                context.warning(node, "a profile belongs to the whole cluster: its namespace has no effect")
            }
            tags =
                context.read(decoded.fields, .tags) { context, node in
                    var lines = FirstLines<String>()
                    return context.list(node, of: "tags") { context, item in
                        let tag = context.value(item, Names.name)
                        context.warnOfRepetition(of: tag, item, &lines)
                        return tag
                    }
                } ?? []
            return decoded
        }
        var profile = Profile(format: format, metadata: decoded.metadata, tags: tags)
        _ = read(document, .spec) { context, node -> Void? in
            let known = format == .v1 ? ProfileSpecField.v1 : ProfileSpecField.allCases
            let fields = context.fields(of: node, as: ProfileSpecField.self, known: known)
            profile.ingress =
                context.read(fields, .ingress) { context, node in context.rules(node, of: .profile(format)) } ?? []
            profile.egress =
                context.read(fields, .egress) { context, node in context.rules(node, of: .profile(format)) } ?? []
            profile.labelsToApply =
                context.read(fields, .labelsToApply) { context, node in
                    context.labels(node)
                } ?? [:]
            profile.otherSpecFields = context.others(fields, known: known)
        }
        if format == .v1 {
            profile.labelsToApply = decoded.metadata.labels
            for tag in tags where profile.labelsToApply[tag] == nil {
                profile.labelsToApply[tag] = ""
            }
        }
        profile.otherFields = others(document)
        return DecodedResource(.profile(profile), isNamed: decoded.isNamed)
    }
}
