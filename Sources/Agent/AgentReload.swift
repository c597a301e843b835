package import Settings

/// How an agent that runs comes to other settings.
package struct AgentReload: Sendable {
    /// Reads the settings from where they were read at the start.
    package var load: @Sendable () throws(SettingsError) -> LoadedSettings
    /// Called with the settings that hold from now on, for what lies outside the agent.
    package var onSettings: @Sendable (AgentSettings) -> Void

    package init(
        load: @escaping @Sendable () throws(SettingsError) -> LoadedSettings,
        onSettings: @escaping @Sendable (AgentSettings) -> Void
    ) {
        self.load = load
        self.onSettings = onSettings
    }
}
