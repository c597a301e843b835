/// Why the agent does not start or cannot go on.
package struct AgentError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    package let remedy: String?

    package init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { remedy.map { "\(message); \($0)" } ?? message }
}
