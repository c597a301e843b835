public import NetworkValues

/// A 1:1 mapping between an address of the endpoint and one by which others reach it; both of one family.
public struct IPNAT: Hashable, Sendable {
    public var internalIP: IPAddress
    public var externalIP: IPAddress
    /// Fields without a meaning here, kept for whoever reads the resource back.
    public var otherFields: [String: FieldValue]

    public init(internalIP: IPAddress, externalIP: IPAddress, otherFields: [String: FieldValue] = [:]) {
        self.internalIP = internalIP
        self.externalIP = externalIP
        self.otherFields = otherFields
    }
}
