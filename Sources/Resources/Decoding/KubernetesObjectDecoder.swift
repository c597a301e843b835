extension DecodingContext {
    /// A namespace; what it consists of besides its labels is kept.
    mutating func namespace(_ document: Fields<DocumentField>) -> DecodedResource {
        let identity = clusterMetadata(document, "remove the namespace", name: Names.name)
        var namespace = Namespace(metadata: identity.metadata)
        namespace.otherFields = kept(document, silent: ["status"])
        return DecodedResource(.namespace(namespace), isNamed: identity.isNamed)
    }

    mutating func serviceAccount(_ document: Fields<DocumentField>) -> DecodedResource {
        let identity = namespacedMetadata(document)
        var account = ServiceAccount(metadata: identity.metadata, namespace: identity.namespace ?? "default")
        account.otherFields = kept(
            document, silent: ["secrets", "imagePullSecrets", "automountServiceAccountToken"])
        return DecodedResource(.serviceAccount(account), isNamed: identity.isNamed)
    }

    private mutating func kept(_ document: Fields<DocumentField>, silent: Set<String>) -> [String: FieldValue] {
        var others = others(document, silent: silent)
        if let spec = document[.spec] {
            others[DocumentField.spec.rawValue] = within(.field("spec"), startingAt: spec.key) { context in
                context.fieldValue(spec.value)
            }
        }
        return others
    }
}
