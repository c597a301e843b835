/// What answers the questions that come in on the status socket and over HTTP.
package protocol StatusProvider: Sendable {
    /// Tells how the agent stands without waiting for it.
    var board: AgentBoard { get }

    /// The present state, counters read from the kernel during the call; while an apply takes long the latest report,
    /// marked with its time.
    func status() async throws -> StatusReport

    /// A JSON `List` of the accepted resources as the agent holds them.
    func resources() async throws -> String

    /// The agent's settings as a JSON object, for commands that compute what the agent would program.
    func settingsDocument() async throws -> String

    /// Lets go of what is held: the removals that the source asks for and that were not believed.
    func confirm() async throws -> ConfirmAnswer

    /// The agent's figures.
    func metrics() async -> [MetricFamily]
}
