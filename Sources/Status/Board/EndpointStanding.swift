/// How one endpoint stands, for those who wait for it.
package struct EndpointStanding: Hashable, Sendable {
    package var name: String
    package var namespace: String
    package var interfaceName: String
    package var state: StatusReport.Endpoint.State
    /// Why; empty when there is nothing to say.
    package var reason: String
    /// Whether the source has lost it and it stays all the same.
    package var isHeld = false

    package init(
        name: String, namespace: String, interfaceName: String, state: StatusReport.Endpoint.State, reason: String = ""
    ) {
        self.name = name
        self.namespace = namespace
        self.interfaceName = interfaceName
        self.state = state
        self.reason = reason
    }

    package var qualifiedName: String { "\(namespace)/\(name)" }

    /// Whether a person may mean this endpoint: by its name, namespace/name, or interface.
    package func isNamed(_ text: String) -> Bool {
        text == name || text == interfaceName || text == qualifiedName
    }
}
