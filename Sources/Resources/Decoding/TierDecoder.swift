import NetworkValues

private enum TierSpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case order, defaultAction
}

extension DecodingContext {
    mutating func tier(_ document: Fields<DocumentField>) -> DecodedResource {
        let identity = clusterMetadata(document, "remove the namespace", name: Names.tier)
        var tier = Tier(metadata: identity.metadata)
        _ = read(document, .spec) { context, node -> Void? in
            let fields = context.fields(of: node, as: TierSpecField.self)
            tier.order = context.read(fields, .order) { context, node in context.order(node) }
            tier.defaultAction =
                context.read(fields, .defaultAction) { context, node in
                    context.value(node) { text throws(InvalidValue) -> Rule.Action in
                        switch asciiLowercased(text) {
                        case "deny": return .deny
                        case "pass": return .pass
                        default:
                            throw InvalidValue(kind: "default action", text: text, accepted: "Deny or Pass")
                        }
                    }
                } ?? .deny
            tier.otherSpecFields = context.others(fields)
        }
        tier.otherFields = others(document, silent: ["status"])
        return DecodedResource(.tier(tier), isNamed: identity.isNamed)
    }
}
