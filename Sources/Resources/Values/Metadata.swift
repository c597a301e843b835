/// The `metadata` of a resource (Kubernetes `ObjectMeta`, as far as Calico uses it).
public struct Metadata: Hashable, Sendable {
    /// As it stands in the document. For the older endpoint format this is the interface's name inside the workload
    /// and not unique: ``WorkloadEndpoint/key`` is.
    public var name: String
    /// `nil` where the document names none.
    public var namespace: String?
    public var labels: [String: String]
    public var annotations: [String: String]
    /// RFC 3339 text in UTC and whole seconds, as Kubernetes keeps it: earlier times are lesser texts.
    public var creationTimestamp: String?
    public var uid: String?
    public var resourceVersion: String?
    public var generateName: String?
    /// Fields without a meaning here, kept for whoever reads the resource back.
    public var otherFields: [String: FieldValue]

    public init(
        name: String, namespace: String? = nil, labels: [String: String] = [:], annotations: [String: String] = [:],
        creationTimestamp: String? = nil, uid: String? = nil, resourceVersion: String? = nil,
        generateName: String? = nil, otherFields: [String: FieldValue] = [:]
    ) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
        self.creationTimestamp = creationTimestamp
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generateName = generateName
        self.otherFields = otherFields
    }
}
