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

    /// Every error of the document; none where it is not what it says that is wrong.
    public var errors: [Diagnostic]

    public init(
        resource: String, location: ResourceLocation, message: String, lastGoodKept: Bool, errors: [Diagnostic] = []
    ) {
        self.resource = resource
        self.location = location
        self.message = message
        self.lastGoodKept = lastGoodKept
        self.errors = errors
    }
}

extension RejectedResource {
    /// - Parameter resource: Which resource it is where the rejection cannot tell; the file when `nil`.
    public init(_ rejection: Rejection, resource: String? = nil, lastGoodKept: Bool) {
        let errors = rejection.errors
        self.init(
            resource: rejection.key?.description ?? resource ?? rejection.location.file,
            // Where the mistake is, not where its document begins.
            location: errors.first?.location ?? rejection.location, message: Self.message(errors),
            lastGoodKept: lastGoodKept, errors: errors)
    }

    /// The first error in full, and how many more there are.
    private static func message(_ errors: [Diagnostic]) -> String {
        guard let first = errors.first else { return "not valid" }
        let text = first.path.isEmpty ? first.message : "\(first.path): \(first.message)"
        return errors.count == 1 ? text : "\(text) (and \(errors.count - 1) more)"
    }
}
