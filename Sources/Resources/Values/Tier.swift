/// A group of policies that are asked together, before or after other groups; it belongs to the whole cluster.
public struct Tier: Hashable, Sendable {
    /// The tier of policies that name none. It exists without a resource, and then comes last.
    public static let defaultName = "default"

    public var metadata: Metadata
    /// Tiers without an order come last; equal ones follow their names.
    public var order: Double?
    /// What becomes of packets that policies of the tier concern and none of their rules decides: `deny` or `pass`.
    public var defaultAction: Rule.Action
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        metadata: Metadata, order: Double? = nil, defaultAction: Rule.Action = .deny,
        otherSpecFields: [String: FieldValue] = [:], otherFields: [String: FieldValue] = [:]
    ) {
        self.metadata = metadata
        self.order = order
        self.defaultAction = defaultAction
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }

    public var key: ResourceKey { ResourceKey(kind: .tier, namespace: nil, name: metadata.name) }
}
