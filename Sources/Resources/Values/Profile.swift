/// Rules and labels for all endpoints that name the profile; it belongs to the whole cluster.
public struct Profile: Hashable, Sendable {
    /// Which of Calico's two document formats the profile came in, and goes out in again.
    public enum Format: String, Hashable, Sendable {
        /// `projectcalico.org/v3`, kind `Profile`.
        case v3 = "projectcalico.org/v3"
        /// `v1`, kind `profile`: the labels for endpoints stand in the metadata, and there are tags.
        case v1
    }

    public var format: Format
    public var metadata: Metadata
    /// Names for the endpoints of the profile, by which rules of the older format select them. Always empty in v3.
    public var tags: [String]
    /// Rules for traffic to the workload, in order.
    public var ingress: [Rule]
    /// Rules for traffic from the workload, in order.
    public var egress: [Rule]
    /// Labels that endpoints inherit. In the older format those of the metadata, and each tag as a label without a
    /// value, as Calico converts such a profile to v3.
    public var labelsToApply: [String: String]
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        format: Format = .v3, metadata: Metadata, tags: [String] = [], ingress: [Rule] = [], egress: [Rule] = [],
        labelsToApply: [String: String] = [:], otherSpecFields: [String: FieldValue] = [:],
        otherFields: [String: FieldValue] = [:]
    ) {
        self.format = format
        self.metadata = metadata
        self.tags = tags
        self.ingress = ingress
        self.egress = egress
        self.labelsToApply = labelsToApply
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }

    public var key: ResourceKey { ResourceKey(kind: .profile, namespace: nil, name: metadata.name) }
}
