/// A text that is not the value it was taken for.
///
/// Carries the offending text and what would have been accepted, so that whoever reports it (a validator with a file
/// position, a command line) needs no wording of its own.
public struct InvalidValue: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the text was read as, for example `IPv4 address`.
    public let kind: String
    /// The text as it was given.
    public let text: String
    /// What is accepted instead.
    public let accepted: String

    public init(kind: String, text: String, accepted: String) {
        self.kind = kind
        self.text = text
        self.accepted = accepted
    }

    public var description: String { "\"\(text)\" is not a valid \(kind): \(accepted)" }
}
