/// Kubernetes' `v1` `Namespace`: its labels are those by which rules select namespaces, and it stands for the profile
/// `kns.<name>`, which allows everything.
public struct Namespace: Hashable, Sendable {
    public var metadata: Metadata
    /// Fields beside `metadata`, kept for whoever reads the resource back.
    public var otherFields: [String: FieldValue]

    public init(metadata: Metadata, otherFields: [String: FieldValue] = [:]) {
        self.metadata = metadata
        self.otherFields = otherFields
    }

    public var key: ResourceKey { ResourceKey(kind: .namespace, namespace: nil, name: metadata.name) }
}

/// Kubernetes' `v1` `ServiceAccount`: its labels are those by which rules select service accounts, and it stands for the
/// profile `ksa.<namespace>.<name>`, which allows nothing by itself.
public struct ServiceAccount: Hashable, Sendable {
    public var metadata: Metadata
    /// `default` unless the document says otherwise.
    public var namespace: String
    /// Fields beside `metadata`, kept for whoever reads the resource back.
    public var otherFields: [String: FieldValue]

    public init(metadata: Metadata, namespace: String, otherFields: [String: FieldValue] = [:]) {
        self.metadata = metadata
        self.namespace = namespace
        self.otherFields = otherFields
    }

    public var key: ResourceKey {
        ResourceKey(kind: .serviceAccount, namespace: namespace, name: metadata.name)
    }
}
