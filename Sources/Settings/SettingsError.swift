/// Why an agent cannot start with the settings it was given: every problem there is, not only the first.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one, in the order file, environment, flags.
    package var problems: [SettingsProblem]

    /// One line per problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One setting that cannot be used.
package struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
    package var origin: SettingOrigin
    /// The setting's key path such as `nat.outbound`, or the unknown key; `nil` when a whole file is unusable.
    package var key: String?
    /// What is wrong, with the offending text, and what is accepted.
    package var message: String

    package init(origin: SettingOrigin, key: String?, message: String) {
        self.origin = origin
        self.key = key
        self.message = message
    }

    /// `margay.yaml:3:12: error: routes.protocol: "3" is not a valid …`
    package var description: String {
        "\(origin): error: " + (key.map { "\($0): " } ?? "") + message
    }
}
