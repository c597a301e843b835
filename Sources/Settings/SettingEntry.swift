/// What one origin says about one setting.
struct SettingEntry: Sendable {
    let setting: Setting
    /// One text, for a list any number of them, and none for what may be absent and is.
    let texts: [SettingText]
    let origin: SettingOrigin
}

/// What one origin says altogether, and what of it makes no sense.
struct SettingsLayer: Sendable {
    var entries: [SettingEntry] = []
    var problems: [SettingsProblem] = []

    /// Takes texts that all stand in one place.
    mutating func set(_ setting: Setting, to texts: [String], from origin: SettingOrigin) {
        let items = texts.map { SettingText(text: $0, origin: origin) }
        entries.append(SettingEntry(setting: setting, texts: items, origin: origin))
    }

    mutating func refuse(_ origin: SettingOrigin, _ key: String?, _ message: String) {
        problems.append(SettingsProblem(origin: origin, key: key, message: message))
    }
}
