/// Something wrong or odd at one place of a document.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Hashable, Sendable {
        /// The document is rejected.
        case error
        /// The document is read all the same.
        case warning
    }

    public var severity: Severity
    /// Where the offending text stands; for what is missing, the key of the mapping that lacks it, or the document.
    public var location: ResourceLocation
    /// The field from the document's root, such as `spec.ipNetworks[0]`; empty for the document itself.
    public var path: String
    /// The offending text, and what is accepted instead.
    public var message: String

    public init(severity: Severity, location: ResourceLocation, path: String, message: String) {
        self.severity = severity
        self.location = location
        self.path = path
        self.message = message
    }

    /// `file:line:column: error: spec.mac: "xx" is not a valid MAC address: …`, one line.
    public var description: String {
        "\(location): \(severity.rawValue): \(path.isEmpty ? "" : path + ": ")\(message)"
    }
}
