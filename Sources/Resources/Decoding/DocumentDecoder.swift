enum DocumentField: String, FieldName {
    static let table = FieldTable<Self>()
    case apiVersion, kind, metadata, spec
}

/// Tells what a document is, and has it read as that.
struct DocumentDecoder {
    /// How deep a resource may be nested: what is given out again stands in a list, which must be readable too.
    static let maximumDepth = YAMLTreeBuilder.maximumDepth - 4

    let file: String
    let allowWideNetworks: Bool
    private let maximumDocuments: Int
    private(set) var documents: [DecodedDocument] = []

    init(file: String, allowWideNetworks: Bool, maximumDocuments: Int) {
        self.file = file
        self.allowWideNetworks = allowWideNetworks
        self.maximumDocuments = maximumDocuments
    }

    /// Whether the file has more documents than are read; the last of ``documents`` says so.
    var isFull: Bool { documents.count > maximumDocuments }

    /// Appends what a file's document holds: itself, or the items of a list.
    mutating func decode(_ root: YAMLNode) {
        decode(root, Surroundings())
    }

    /// Appends a document that is not YAML.
    mutating func reject(_ error: YAMLError) {
        let location = ResourceLocation(file: file, line: error.line, column: error.column)
        append(rejected(location, "not valid \(error.language.rawValue): \(error.problem)"))
    }

    private func rejected(_ location: ResourceLocation, _ message: String) -> DecodedDocument {
        let diagnostic = Diagnostic(severity: .error, location: location, path: "", message: message)
        let rejection = Rejection(key: nil, location: location, diagnostics: [diagnostic])
        return DecodedDocument(location: location, outcome: .rejected(rejection))
    }

    private mutating func append(_ document: DecodedDocument) {
        guard !isFull else { return }
        guard documents.count == maximumDocuments else { return documents.append(document) }
        let message = "a file may hold \(maximumDocuments) documents: split it; from here on nothing is read"
        documents.append(rejected(document.location, message))
    }

    mutating func decode(_ root: YAMLNode, _ surroundings: Surroundings) {
        guard !isFull else { return }
        var context = DecodingContext(
            file: file, allowWideNetworks: allowWideNetworks, root: root, path: surroundings.path)
        switch root.content {
        case .sequence(let items): return decode(items, surroundings)
        case .scalar where root.isNull: return append(.ignored, root, context)
        case .scalar:
            context.error(root, "a resource is expected here, not \(root.kindDescription)")
            return reject(nil, root, context)
        case .mapping: break
        }
        let kindNode = root.value(of: "kind")
        guard let kind = kindNode?.plainText ?? surroundings.kind else {
            let accepted = "\(DocumentType.kinds), or a List of them"
            if let kindNode, !kindNode.isNull {
                context.within(.field("kind"), startingAt: kindNode) { context in _ = context.text(kindNode) }
            } else {
                context.missing("kind", accepted)
            }
            return reject(nil, root, context)
        }
        if let versions = DocumentType.versions(of: kind) {
            return decodeResource(root, versions, surroundings, &context)
        }
        let itemKind = asciiLowercased(kind).hasSuffix("list") ? String(kind.dropLast("List".count)) : nil
        if let itemKind, itemKind.isEmpty || DocumentType.versions(of: itemKind) != nil {
            return decodeList(root, itemKind: itemKind.isEmpty ? nil : itemKind, surroundings, &context)
        }
        let node = kindNode ?? root
        context.within(.field("kind"), startingAt: node) { context in
            context.warning(
                node, "\"\(excerpt(kind))\" is ignored: this version reads \(DocumentType.kinds) and Lists of them")
        }
        append(.ignored, root, context)
    }

    // MARK: Resources

    private mutating func decodeResource(
        _ root: YAMLNode, _ versions: DocumentType.Versions, _ surroundings: Surroundings,
        _ context: inout DecodingContext
    ) {
        guard isShallow(root, &context) else { return reject(nil, root, context) }
        let fields = context.fields(of: root, as: DocumentField.self)
        let version = apiVersion(fields, surroundings, versions.accepted, &context)
        // Without a version there is no telling which fields to expect where.
        guard let version else { return reject(nil, root, context) }
        guard let kind = versions.kinds[version] else {
            let node = fields[.apiVersion]?.value ?? root
            context.within(.field("apiVersion"), startingAt: node) { context in
                context.error(node, Self.refusal(of: version, versions))
            }
            return reject(nil, root, context)
        }
        let decoded = context.resource(fields, kind, version)
        guard let resource = decoded.resource, context.errorCount == 0 else {
            return reject(decoded.key, root, context)
        }
        append(.accepted(resource), root, context)
    }

    static func refusal(of version: String, _ versions: DocumentType.Versions) -> String {
        if version == DocumentType.storage, versions.kinds[DocumentType.calico] != nil {
            return "\"\(version)\" is how Calico keeps its resources inside Kubernetes: write \(DocumentType.calico)"
        }
        return "\"\(excerpt(version))\" is not a version of this kind: \(versions.accepted)"
    }

    private func isShallow(_ root: YAMLNode, _ context: inout DecodingContext) -> Bool {
        guard root.height > Self.maximumDepth else { return true }
        context.error(root, "nested deeper than the \(Self.maximumDepth) levels that a resource may have")
        return false
    }

    private func apiVersion(
        _ fields: Fields<DocumentField>, _ surroundings: Surroundings, _ accepted: String,
        _ context: inout DecodingContext
    ) -> String? {
        if fields[.apiVersion] == nil, let inherited = surroundings.apiVersion {
            return inherited
        }
        return context.require(fields, .apiVersion, accepted) { context, node in context.text(node) }
    }

    // MARK: Outcomes

    mutating func reject(_ key: ResourceKey?, _ root: YAMLNode, _ context: DecodingContext) {
        let rejection = Rejection(key: key, location: context.location(root), diagnostics: context.diagnostics)
        append(.rejected(rejection), root, context)
    }

    mutating func append(_ outcome: DecodedDocument.Outcome, _ root: YAMLNode, _ context: DecodingContext) {
        append(
            DecodedDocument(
                location: context.location(root), outcome: outcome,
                warnings: context.hasFindings ? context.diagnostics.filter { $0.severity == .warning } : []))
    }
}

extension YAMLNode {
    /// The value of the first key with this name.
    func value(of name: String) -> YAMLNode? {
        let pairs = pairs
        for index in pairs.indices where pairs[index].key.text == name {
            return pairs[index].value
        }
        return nil
    }

    /// A scalar's text that is not null.
    fileprivate var plainText: String? { isNull ? nil : text }
}

extension DecodingContext {
    /// Reads a document as what its kind and version say it is.
    fileprivate mutating func resource(
        _ fields: Fields<DocumentField>, _ kind: ResourceKind, _ version: String
    ) -> DecodedResource {
        switch kind {
        case .workloadEndpoint:
            var decoder = WorkloadEndpointDecoder(format: WorkloadEndpoint.Format(rawValue: version) ?? .v3)
            let endpoint = decoder.decode(fields, &self)
            return DecodedResource(endpoint.map { .workloadEndpoint($0) }, key: decoder.key)
        case .profile: return profile(fields, Profile.Format(rawValue: version) ?? .v3)
        case .networkPolicy, .globalNetworkPolicy, .stagedNetworkPolicy, .stagedGlobalNetworkPolicy:
            return networkPolicy(fields, kind)
        case .kubernetesNetworkPolicy, .stagedKubernetesNetworkPolicy: return kubernetesPolicy(fields, kind)
        case .tier: return tier(fields)
        case .networkSet, .globalNetworkSet: return networkSet(fields, kind)
        case .namespace: return namespace(fields)
        case .serviceAccount: return serviceAccount(fields)
        }
    }
}
