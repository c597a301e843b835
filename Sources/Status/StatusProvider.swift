/// What answers the questions that come in on the status socket.
package protocol StatusProvider: Sendable {
    /// The present state, counters read from the kernel during the call.
    func status() async throws -> StatusReport

    /// A JSON `List` of the accepted resources as the agent holds them.
    func resources() async throws -> String

    /// The agent's settings as a JSON object, for commands that compute what the agent would program.
    func settingsDocument() async throws -> String
}
