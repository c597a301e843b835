/// Rules and labels for all endpoints that name the profile; it belongs to the whole cluster.
public struct Profile: Hashable, Sendable {
    public var metadata: Metadata
    /// Rules for traffic to the workload, in order.
    public var ingress: [Rule]
    /// Rules for traffic from the workload, in order.
    public var egress: [Rule]
    /// Labels that endpoints inherit.
    public var labelsToApply: [String: String]
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        metadata: Metadata, ingress: [Rule] = [], egress: [Rule] = [], labelsToApply: [String: String] = [:],
        otherSpecFields: [String: FieldValue] = [:], otherFields: [String: FieldValue] = [:]
    ) {
        self.metadata = metadata
        self.ingress = ingress
        self.egress = egress
        self.labelsToApply = labelsToApply
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }

    public var key: ResourceKey { ResourceKey(kind: .profile, namespace: nil, name: metadata.name) }
}
