enum DocumentField: String, FieldName {
    case apiVersion, kind, metadata, spec
}

/// Tells what a document is, and has it read as that.
struct DocumentDecoder {
    let file: String
    let allowWideNetworks: Bool
    private(set) var documents: [DecodedDocument] = []

    init(file: String, allowWideNetworks: Bool) {
        self.file = file
        self.allowWideNetworks = allowWideNetworks
    }

    /// What is said about a document outside it, by the list that it stands in.
    private struct Surroundings {
        var apiVersion: String?
        var kind: String?
        var path: [DecodingContext.Part] = []
    }

    /// Appends what a file's document holds: itself, or the items of a list.
    mutating func decode(_ root: YAMLNode) {
        decode(root, Surroundings())
    }

    /// Appends a document that is not YAML.
    mutating func reject(_ error: YAMLError) {
        let location = ResourceLocation(file: file, line: error.line, column: error.column)
        let diagnostic = Diagnostic(
            severity: .error, location: location, path: "", message: "not valid YAML: \(error.problem)")
        let rejection = Rejection(key: nil, location: location, diagnostics: [diagnostic])
        documents.append(DecodedDocument(location: location, outcome: .rejected(rejection)))
    }

    private mutating func decode(_ root: YAMLNode, _ surroundings: Surroundings) {
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
            let accepted = "WorkloadEndpoint or Profile, or a List of them"
            if let kindNode, !kindNode.isNull {
                context.within(.field("kind"), startingAt: kindNode) { context in _ = context.text(kindNode) }
            } else {
                context.missing("kind", accepted)
            }
            return reject(nil, root, context)
        }
        switch kind.lowercased() {
        case "workloadendpoint": decodeEndpoint(root, surroundings, &context)
        case "profile": decodeProfile(root, surroundings, &context)
        case "list", "workloadendpointlist", "profilelist": decodeList(root, kind: kind, surroundings, &context)
        default:
            let node = kindNode ?? root
            context.within(.field("kind"), startingAt: node) { context in
                context.warning(
                    node,
                    "\"\(excerpt(kind))\" is ignored: this version reads WorkloadEndpoint, Profile and Lists of them")
            }
            append(.ignored, root, context)
        }
    }

    // MARK: Kinds

    private mutating func decodeEndpoint(
        _ root: YAMLNode, _ surroundings: Surroundings, _ context: inout DecodingContext
    ) {
        let fields = context.fields(of: root, as: DocumentField.self)
        let accepted = "projectcalico.org/v3, or v1 for the older format"
        let version = apiVersion(fields, surroundings, accepted, &context)
        let format = version.flatMap { WorkloadEndpoint.Format(rawValue: $0) }
        if let version, format == nil {
            refuseVersion(version, fields, accepted, root, &context)
        }
        // Without a format there is no telling which fields to expect where.
        guard let format else { return reject(nil, root, context) }
        var decoder = WorkloadEndpointDecoder(format: format)
        let endpoint = decoder.decode(fields, &context)
        guard let endpoint, context.errorCount == 0 else { return reject(decoder.key, root, context) }
        append(.accepted(.workloadEndpoint(endpoint)), root, context)
    }

    private mutating func decodeProfile(
        _ root: YAMLNode, _ surroundings: Surroundings, _ context: inout DecodingContext
    ) {
        let fields = context.fields(of: root, as: DocumentField.self)
        let accepted = "projectcalico.org/v3, or v1 for the older format"
        let version = apiVersion(fields, surroundings, accepted, &context)
        let format = version.flatMap { Profile.Format(rawValue: $0) }
        if let version, format == nil {
            refuseVersion(version, fields, accepted, root, &context)
        }
        guard let format else { return reject(nil, root, context) }
        let (profile, isNamed) = context.profile(fields, format)
        guard context.errorCount == 0 else { return reject(isNamed ? profile.key : nil, root, context) }
        append(.accepted(.profile(profile)), root, context)
    }

    private mutating func decodeList(
        _ root: YAMLNode, kind: String, _ surroundings: Surroundings, _ context: inout DecodingContext
    ) {
        guard let items = root.value(of: "items"), !items.isNull else { return append(.ignored, root, context) }
        guard case .sequence(let nodes) = items.content else {
            context.within(.field("items"), startingAt: items) { context in
                context.error(items, "a list of resources is expected here, not \(items.kindDescription)")
            }
            return reject(nil, root, context)
        }
        var inner = surroundings
        inner.path.append(DecodingContext.Part(.field("items"), startingAt: items))
        // Items of a typed list may leave out what the list's own kind says already.
        inner.kind = kind.lowercased() == "list" ? nil : String(kind.dropLast("List".count))
        inner.apiVersion = inner.kind == nil ? nil : root.value(of: "apiVersion")?.plainText
        decode(nodes, inner)
    }

    private mutating func decode(_ items: [YAMLNode], _ surroundings: Surroundings) {
        for (index, item) in items.enumerated() {
            var inner = surroundings
            inner.path.append(DecodingContext.Part(.index(index), startingAt: item))
            decode(item, inner)
        }
    }

    // MARK: Versions

    private func apiVersion(
        _ fields: Fields<DocumentField>, _ surroundings: Surroundings, _ accepted: String,
        _ context: inout DecodingContext
    ) -> String? {
        if fields[.apiVersion] == nil, let inherited = surroundings.apiVersion {
            return inherited
        }
        return context.require(fields, .apiVersion, accepted) { context, node in context.text(node) }
    }

    private func refuseVersion(
        _ version: String, _ fields: Fields<DocumentField>, _ accepted: String, _ root: YAMLNode,
        _ context: inout DecodingContext
    ) {
        let node = fields[.apiVersion]?.value ?? root
        context.within(.field("apiVersion"), startingAt: node) { context in
            context.error(node, "\"\(excerpt(version))\" is not a version of this kind: \(accepted)")
        }
    }

    // MARK: Outcomes

    private mutating func reject(_ key: ResourceKey?, _ root: YAMLNode, _ context: DecodingContext) {
        let rejection = Rejection(key: key, location: context.location(root), diagnostics: context.diagnostics)
        append(.rejected(rejection), root, context)
    }

    private mutating func append(_ outcome: DecodedDocument.Outcome, _ root: YAMLNode, _ context: DecodingContext) {
        documents.append(
            DecodedDocument(
                location: context.location(root), outcome: outcome,
                warnings: context.diagnostics.filter { $0.severity == .warning }))
    }
}

extension YAMLNode {
    /// The value of the first key with this name.
    fileprivate func value(of name: String) -> YAMLNode? {
        let pairs = pairs
        for index in pairs.indices where pairs[index].key.text == name {
            return pairs[index].value
        }
        return nil
    }

    /// A scalar's text that is not null.
    fileprivate var plainText: String? { isNull ? nil : text }
}
