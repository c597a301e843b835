import NetworkValues

private enum NetworkSetSpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case nets
}

extension DecodingContext {
    mutating func networkSet(_ document: Fields<DocumentField>, _ kind: ResourceKind) -> DecodedResource {
        let identity =
            kind == .globalNetworkSet
            ? clusterMetadata(document, "remove the namespace, or write NetworkSet for a set of one", name: Names.name)
            : namespacedMetadata(document)
        var set = NetworkSet(metadata: identity.metadata, namespace: identity.namespace)
        _ = read(document, .spec) { context, node -> Void? in
            let fields = context.fields(of: node, as: NetworkSetSpecField.self)
            set.nets =
                context.read(fields, .nets) { context, node in
                    var lines = FirstLines<IPPrefix>()
                    return context.list(node, of: "IP networks") { context, item in
                        let network = context.network(item)
                        context.warnOfRepetition(of: network, item, &lines)
                        return network
                    }
                } ?? []
            set.otherSpecFields = context.others(fields)
        }
        set.otherFields = others(document, silent: ["status"])
        return DecodedResource(.networkSet(set), isNamed: identity.isNamed)
    }
}
