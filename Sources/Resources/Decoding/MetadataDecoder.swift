import NetworkValues

enum MetadataField: String, FieldName {
    static let table = FieldTable<Self>()
    case name, namespace, labels, annotations, creationTimestamp, uid, resourceVersion, generateName
    // Kubernetes bookkeeping that a resource read back from an API server carries.
    case generation, selfLink, ownerReferences, finalizers, managedFields, deletionTimestamp
    case deletionGracePeriodSeconds
    // The identity of an endpoint in the older format.
    case workload, orchestrator, node
    /// Of a profile in the older format.
    case tags

    static let common = allCases.filter { !v1Identity.contains($0) && $0 != .tags }
    /// Of an endpoint in the older format.
    static let v1Endpoint = common + v1Identity
    static let v1Identity: [Self] = [.workload, .orchestrator, .node]
    static let bookkeeping: [Self] = [
        .generation, .selfLink, .ownerReferences, .finalizers, .managedFields, .deletionTimestamp,
        .deletionGracePeriodSeconds,
    ]
}

/// Metadata, and where in the document it stands.
struct DecodedMetadata {
    var metadata: Metadata
    /// Whether the document names the resource; without that ``metadata`` has an empty name, and errors tell why.
    var isNamed: Bool
    var fields: Fields<MetadataField>
}

extension DecodingContext {
    /// Calico's bound on all annotations of a resource together.
    private static let maximumAnnotationBytes = 256 * 1024

    /// - Parameter known: The fields that this kind of resource has in its metadata.
    /// - Parameter isEndpoint: Whether this is an endpoint's, which has a part of its identity here in the older format.
    mutating func metadata(_ node: YAMLNode?, known: [MetadataField], isEndpoint: Bool = false) -> DecodedMetadata {
        let fields = fields(of: node, as: MetadataField.self, known: known)
        let name = require(fields, .name, "letters, digits, '.', '_', '-'") { context, node in
            context.value(node, Names.name)
        }
        var metadata = Metadata(name: name ?? "")
        metadata.namespace = read(fields, .namespace) { context, node in context.value(node, Names.name) }
        metadata.labels = read(fields, .labels) { context, node in context.labels(node) } ?? [:]
        metadata.annotations = read(fields, .annotations) { context, node in context.annotations(node) } ?? [:]
        metadata.creationTimestamp = read(fields, .creationTimestamp) { context, node in
            context.value(node, canonicalTimestamp)
        }
        metadata.uid = read(fields, .uid) { context, node in context.text(node) }
        metadata.resourceVersion = read(fields, .resourceVersion) { context, node in context.text(node) }
        metadata.generateName = read(fields, .generateName) { context, node in context.text(node) }
        metadata.otherFields = others(
            fields, known: known,
            misplaced: isEndpoint ? (MetadataField.v1Identity, "in projectcalico.org/v3 it stands in spec") : nil)
        for field in fields.known where MetadataField.bookkeeping.contains(field.name) {
            metadata.otherFields[field.name.rawValue] = fieldValue(fields[field.index].value)
        }
        return DecodedMetadata(metadata: metadata, isNamed: name != nil, fields: fields)
    }

    mutating func labels(_ node: YAMLNode) -> [String: String] {
        texts(node, key: Names.labelKey, value: Names.labelValue)
    }

    mutating func annotations(_ node: YAMLNode) -> [String: String] {
        let annotations = texts(node, key: Names.annotationKey)
        let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > Self.maximumAnnotationBytes {
            error(
                node, "the annotations have \(size) bytes together: at most \(Self.maximumAnnotationBytes) are accepted"
            )
        }
        return annotations
    }
}
