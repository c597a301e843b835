enum DocumentField: String, FieldName {
    case apiVersion, kind, metadata, spec
}

private enum ListField: String, FieldName {
    case apiVersion, kind, metadata, items
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

    private mutating func decode(_ root: YAMLNode, _ surroundings: Surroundings) {
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
            let accepted = "WorkloadEndpoint or Profile, or a List of them"
            if let kindNode, !kindNode.isNull {
                context.within(.field("kind"), startingAt: kindNode) { context in _ = context.text(kindNode) }
            } else {
                context.missing("kind", accepted)
            }
            return reject(nil, root, context)
        }
        switch asciiLowercased(kind) {
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
        guard isShallow(root, &context) else { return reject(nil, root, context) }
        let fields = context.fields(of: root, as: DocumentField.self)
        let accepted = Self.versions
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
        guard isShallow(root, &context) else { return reject(nil, root, context) }
        let fields = context.fields(of: root, as: DocumentField.self)
        let accepted = Self.versions
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
        let fields = context.fields(of: root, as: ListField.self)
        _ = context.others(fields)
        let itemKind = asciiLowercased(kind) == "list" ? nil : String(kind.dropLast("List".count))
        // Items that rely on a wrong version would only repeat it.
        guard itemKind == nil || hasKnownVersion(fields, &context) else {
            return reject(nil, root, context)
        }
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

    /// Whether a typed list's version, on which its items may rely, is one of theirs or is left to them.
    private func hasKnownVersion(
        _ fields: Fields<ListField>, _ context: inout DecodingContext
    ) -> Bool {
        context.read(fields, .apiVersion) { context, node in
            guard let version = context.text(node) else { return false }
            let isKnown = WorkloadEndpoint.Format(rawValue: version) != nil
            if !isKnown {
                context.error(node, "\"\(excerpt(version))\" is not a version of this kind: \(Self.versions)")
            }
            return isKnown
        } ?? true
    }

    /// What both kinds of resource accept.
    private static let versions = "projectcalico.org/v3, or v1 for the older format"

    private mutating func decode(_ items: [YAMLNode], _ surroundings: Surroundings) {
        for (index, item) in items.enumerated() {
            var inner = surroundings
            inner.path.append(DecodingContext.Part(.index(index), startingAt: item))
            decode(item, inner)
        }
    }

    private func isShallow(_ root: YAMLNode, _ context: inout DecodingContext) -> Bool {
        guard Extent(of: root).depth > Self.maximumDepth else { return true }
        context.error(root, "nested deeper than the \(Self.maximumDepth) levels that a resource may have")
        return false
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
        append(
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
