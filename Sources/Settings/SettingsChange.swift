/// What other settings mean for an agent that runs.
package struct SettingsChange: Hashable, Sendable {
    /// One key whose configured value is not the one in force.
    package struct Difference: Hashable, Sendable, CustomStringConvertible {
        package let key: String
        package let running: String
        package let configured: String

        /// `node: node2, running with node1`
        package var description: String { "\(key): \(configured), running with \(running)" }
    }

    /// What holds now: the new values as far as they may change in a running agent.
    package let settings: AgentSettings
    /// What changed of that.
    package let applied: [Difference]
    /// What only the next agent takes over.
    package let awaitingRestart: [Difference]
}

extension AgentSettings {
    /// What of the configured settings an agent that runs with these ones can take over.
    package func change(to configured: AgentSettings) -> SettingsChange {
        var settings = self
        var applied: [SettingsChange.Difference] = []
        var awaitingRestart: [SettingsChange.Difference] = []
        for setting in Self.keys where setting.texts(configured) != setting.texts(self) {
            let difference = SettingsChange.Difference(
                key: setting.key, running: text(of: setting), configured: configured.text(of: setting))
            switch setting.reload {
            case .safe:
                setting.copy(configured, &settings)
                applied.append(difference)
            case .restart: awaitingRestart.append(difference)
            }
        }
        return SettingsChange(settings: settings, applied: applied, awaitingRestart: awaitingRestart)
    }
}
