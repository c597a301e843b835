import Resources

extension LoadedSettings {
    /// One key with its value and who said it.
    package struct Line: Hashable, Sendable {
        package let key: String
        /// The value for people: the items of a list between commas, `-` for none.
        package let text: String
        /// The value in JSON.
        package let json: String
        package let origin: SettingOrigin
        package let reload: SettingReload
        /// The environment variable.
        package let variable: String
    }

    /// Every key, in the documented order. None is a secret: of those only the files' paths are settings.
    package var lines: [Line] {
        AgentSettings.keys.map { setting in
            Line(
                key: setting.key, text: settings.text(of: setting), json: settings.json(of: setting),
                origin: origins[setting.key] ?? .builtIn, reload: setting.reload, variable: setting.variable)
        }
    }
}

extension AgentSettings {
    func text(of setting: Setting) -> String {
        guard let texts = setting.texts(self), !texts.isEmpty else { return "-" }
        return texts.joined(separator: ",")
    }
}
