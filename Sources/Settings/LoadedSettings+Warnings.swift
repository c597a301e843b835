extension LoadedSettings {
    /// What somebody asks for and this version does not do. The agent runs all the same; nobody should rely on it.
    package var warnings: [SettingsWarning] {
        AgentSettings.keys.compactMap { setting in
            guard setting.effect == .later, let origin = origins[setting.key], origin != .builtIn,
                setting.texts(settings) != ["false"]
            else { return nil }
            return SettingsWarning(origin: origin, key: setting.key, message: "has no effect in this version")
        }
    }
}

/// A setting that is right and does not do what one might think.
package struct SettingsWarning: Hashable, Sendable, CustomStringConvertible {
    package var origin: SettingOrigin
    /// The setting's key path.
    package var key: String
    package var message: String

    /// `margay.yaml:3:27: warning: source.etcd.username: has no effect in this version`
    package var description: String { "\(origin): warning: \(key): \(message)" }
}
