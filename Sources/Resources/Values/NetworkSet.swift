public import NetworkValues

/// Networks under labels, by which rules select them: of one namespace (`NetworkSet`) or of the whole cluster
/// (`GlobalNetworkSet`).
public struct NetworkSet: Hashable, Sendable {
    public var metadata: Metadata
    /// `nil` for a set of the whole cluster.
    public var namespace: String?
    /// Of both families, in any number.
    public var nets: [IPPrefix]
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        metadata: Metadata, namespace: String?, nets: [IPPrefix] = [], otherSpecFields: [String: FieldValue] = [:],
        otherFields: [String: FieldValue] = [:]
    ) {
        self.metadata = metadata
        self.namespace = namespace
        self.nets = nets
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }

    public var key: ResourceKey {
        ResourceKey(
            kind: namespace == nil ? .globalNetworkSet : .networkSet, namespace: namespace, name: metadata.name)
    }
}
