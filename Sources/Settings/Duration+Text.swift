extension Duration {
    /// Reads a duration as settings are written: a whole number with `ms`, `s`, `m` or `h`, up to 24 hours.
    package init?(settingText text: String) {
        guard let duration = SettingFormat<Duration>.duration(atLeast: .zero).read(text) else { return nil }
        self = duration
    }
}
