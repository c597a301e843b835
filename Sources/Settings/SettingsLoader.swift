/// What an agent runs with, and who said so.
package struct LoadedSettings: Hashable, Sendable {
    package var settings: AgentSettings
    /// The origin of every setting, by its key path such as `nat.outbound`.
    package var origins: [String: SettingOrigin]
    /// The configuration file that was read; `nil` when none was named and the default one does not exist.
    package var file: String?
}

/// Reads the settings from a file, then the environment, then the command line; a later one wins.
package enum SettingsLoader {
    package static let defaultFile = "/etc/margay/margay.yaml"

    /// Loads the settings. A value that a later origin overrides must be right as well: it is what holds as soon as the
    /// variable or option is gone.
    ///
    /// - Parameters:
    ///   - file: The configuration file; it must exist. Without one, `defaultFile` is read if it exists.
    ///   - environment: Variables by name; those that do not start with `MARGAY_` are left alone.
    ///   - hostName: Asked only when nobody names the node.
    /// - Throws: ``SettingsError`` with everything that is wrong in all three.
    package static func load(
        file: String? = nil, environment: [String: String], flags: SettingsFlags = SettingsFlags(),
        defaultFile: String = Self.defaultFile, hostName: () -> String = currentHostName
    ) throws(SettingsError) -> LoadedSettings {
        var layers: [SettingsLayer] = []
        var fileRead: String?
        do throws(FileReadError) {
            let path = file ?? defaultFile
            let bytes = try contents(ofFile: path)
            fileRead = path
            layers.append(SettingsLayer(document: bytes, file: path))
        } catch  where file == nil && error.isAbsence {
            // No file at the default place: the built-in defaults hold.
        } catch {
            var unreadable = SettingsLayer()
            unreadable.refuse(file == nil ? .builtIn : .flag("--config"), nil, error.description)
            layers.append(unreadable)
        }
        layers.append(SettingsLayer(environment: environment))
        layers.append(SettingsLayer(flags: flags, workingDirectory: currentDirectory()))
        return try merge(layers, file: fileRead, hostName: hostName)
    }

    /// Reads settings that ``AgentSettings/json`` wrote, for example those of a running agent.
    /// - Parameter name: What problems name as the file.
    package static func settings(document: [UInt8], name: String) throws(SettingsError) -> AgentSettings {
        try merge([SettingsLayer(document: document, file: name)], file: name, hostName: currentHostName).settings
    }

    private static func merge(
        _ layers: [SettingsLayer], file: String?, hostName: () -> String
    ) throws(SettingsError) -> LoadedSettings {
        var settings = AgentSettings(node: "")
        var origins = Dictionary(uniqueKeysWithValues: AgentSettings.keys.map { ($0.key, SettingOrigin.builtIn) })
        var problems: [SettingsProblem] = []
        for layer in layers {
            problems += layer.problems
            for entry in layer.entries {
                problems += entry.setting.assign(entry.texts, &settings)
                origins[entry.setting.key] = entry.origin
            }
        }
        if origins["node"] == .builtIn, let node = AgentSettings.keys.first(where: { $0.key == "node" }) {
            problems += node.assign([SettingText(text: hostName(), origin: .hostName)], &settings)
            origins["node"] = .hostName
        }
        problems += settings.contradictions.map { key, message in
            SettingsProblem(origin: origins[key] ?? .builtIn, key: key, message: message)
        }
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        return LoadedSettings(settings: settings, origins: origins, file: file)
    }
}
