/// Why a text is no selector.
public struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the text, in characters from 1.
    public let column: Int
    /// What is wrong there, and what is accepted.
    public let message: String

    public init(column: Int, message: String) {
        self.column = column
        self.message = message
    }

    public var description: String { "column \(column): \(message)" }
}
