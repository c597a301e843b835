public import Resources

/// Something a source holds that cannot be used: an invalid document, an unreadable file, a second definition.
public struct RejectedResource: Hashable, Sendable {
    /// The resource's kind and name where they could be read, else the file or key that holds it.
    public var resource: String

    /// Where it is written.
    public var location: ResourceLocation

    /// What is wrong and what is accepted; with the number of further errors when there are more.
    public var message: String

    /// Whether an earlier, valid version of this resource stays in force. Where the rejected text does not even tell
    /// its identity: whether anything that might be it does.
    public var lastGoodKept: Bool

    public init(resource: String, location: ResourceLocation, message: String, lastGoodKept: Bool) {
        self.resource = resource
        self.location = location
        self.message = message
        self.lastGoodKept = lastGoodKept
    }
}
