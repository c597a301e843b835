extension LoadedSettings {
    /// What somebody asks for that this version does not do, or that is seldom meant. The agent runs all the same;
    /// nobody should rely on it.
    package var warnings: [SettingsWarning] { laterWarnings + etcdWarnings }

    private var laterWarnings: [SettingsWarning] {
        AgentSettings.keys.compactMap { setting in
            guard setting.effect == .later, isSaid(setting.key), setting.texts(settings) != ["false"]
            else { return nil }
            return warning(setting.key, "has no effect in this version")
        }
    }

    /// Whether anybody has said anything about a key.
    func isSaid(_ key: String) -> Bool { origins[key].map { $0 != .builtIn } ?? false }

    func warning(_ key: String, _ message: String) -> SettingsWarning {
        SettingsWarning(origin: origins[key] ?? .builtIn, key: key, message: message)
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
