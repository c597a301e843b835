public import Selectors

/// Calico's policy: of one namespace (`NetworkPolicy`), of the whole cluster (`GlobalNetworkPolicy`), or a rehearsal of
/// either (`StagedNetworkPolicy`, `StagedGlobalNetworkPolicy`), which is kept and never enforced.
public struct NetworkPolicy: Hashable, Sendable {
    public enum Direction: String, Hashable, Sendable, CaseIterable {
        case ingress = "Ingress"
        case egress = "Egress"
    }

    public var metadata: Metadata
    /// `nil` for a policy of the whole cluster.
    public var namespace: String?
    /// Whether it is a rehearsal.
    public var isStaged: Bool
    /// `default` unless the document says otherwise.
    public var tier: String
    /// Policies without an order come last in their tier.
    public var order: Double?
    /// The endpoints that it is about.
    public var selector: Selector
    /// Narrows a policy of the whole cluster to endpoints of some namespaces.
    public var namespaceSelector: Selector?
    /// Narrows it to endpoints of some service accounts.
    public var serviceAccountSelector: Selector?
    /// As written; `nil` where the document leaves them out. See ``directions``.
    public var types: [Direction]?
    public var ingress: [Rule]
    public var egress: [Rule]
    /// Only for host endpoints: a policy with one of these concerns no workload.
    public var doNotTrack: Bool
    public var preDNAT: Bool
    public var applyOnForward: Bool
    /// Of a rehearsal: `Set`, `Delete`, `Learn` or `Ignore`.
    public var stagedAction: String?
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        metadata: Metadata, namespace: String?, isStaged: Bool = false, tier: String = "default", order: Double? = nil,
        selector: Selector = Selector(text: "", expression: .all), namespaceSelector: Selector? = nil,
        serviceAccountSelector: Selector? = nil, types: [Direction]? = nil, ingress: [Rule] = [], egress: [Rule] = [],
        doNotTrack: Bool = false, preDNAT: Bool = false, applyOnForward: Bool = false, stagedAction: String? = nil,
        otherSpecFields: [String: FieldValue] = [:], otherFields: [String: FieldValue] = [:]
    ) {
        self.metadata = metadata
        self.namespace = namespace
        self.isStaged = isStaged
        self.tier = tier
        self.order = order
        self.selector = selector
        self.namespaceSelector = namespaceSelector
        self.serviceAccountSelector = serviceAccountSelector
        self.types = types
        self.ingress = ingress
        self.egress = egress
        self.doNotTrack = doNotTrack
        self.preDNAT = preDNAT
        self.applyOnForward = applyOnForward
        self.stagedAction = stagedAction
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }

    /// The directions that it judges. Without `types`: ingress unless there are only egress rules, and egress if there
    /// are any (libcalico-go's `updatePolicyTypes`).
    public var directions: Set<Direction> {
        if let types, !types.isEmpty { return Set(types) }
        if egress.isEmpty { return [.ingress] }
        return ingress.isEmpty ? [.egress] : [.ingress, .egress]
    }

    public var key: ResourceKey {
        let kind: ResourceKind =
            switch (namespace != nil, isStaged) {
            case (true, false): .networkPolicy
            case (true, true): .stagedNetworkPolicy
            case (false, false): .globalNetworkPolicy
            case (false, true): .stagedGlobalNetworkPolicy
            }
        return ResourceKey(kind: kind, namespace: namespace, name: metadata.name)
    }
}
