import SystemCalls

/// What an agent runs with, and who said so.
package struct LoadedSettings: Hashable, Sendable {
    package var settings: AgentSettings
    /// The origin of every setting, by its key path such as `nat.outbound`.
    package var origins: [String: SettingOrigin]
    /// The configuration file and its fragments as far as they exist, in the order in which they were read.
    package var files: [String]
}

/// Reads the settings from a file, then its fragments, then the environment, then the command line; for every key the
/// last that says something wins.
package enum SettingsLoader {
    package static let defaultFile = "/etc/margay/margay.yaml"

    /// Loads the settings. A value that a later origin overrides must be right as well: it is what holds as soon as the
    /// later one is gone.
    ///
    /// - Parameters:
    ///   - file: The configuration file; it must exist. Without one, `defaultFile` is read if it exists. Either way the
    ///     `*.yaml`, `*.yml` and `*.json` files of the folder beside it (``FragmentFolder``) follow in name order.
    ///   - again: Whether the file was read before: one that cannot be read twice is refused.
    ///   - environment: Variables by name; those that do not start with `MARGAY_` are left alone.
    ///   - hostName: Asked only when nobody names the node.
    /// - Throws: ``SettingsError`` with everything that is wrong in all of them.
    package static func load(
        file: String? = nil, again: Bool = false, environment: [String: String],
        flags: SettingsFlags = SettingsFlags(), defaultFile: String = Self.defaultFile,
        hostName: () -> String = currentHostName
    ) throws(SettingsError) -> LoadedSettings {
        var layers: [SettingsLayer] = []
        var files: [String] = []
        func read(_ path: String, mayBeAbsent: Bool = false) {
            do throws(FileReadError) {
                let bytes = try contents(ofFile: path, refusingPipes: again || path != file)
                files.append(path)
                layers.append(SettingsLayer(document: bytes, file: path))
            } catch  where mayBeAbsent && error.isAbsence {
                // What is not there says nothing.
            } catch {
                layers.append(SettingsLayer(unreadable: error, isNamedByOption: path == file))
            }
        }
        let path = file ?? defaultFile
        read(path, mayBeAbsent: file == nil)
        if let folder = FragmentFolder(beside: path) {
            do throws(FileReadError) {
                for fragment in try folder.files() {
                    read(fragment)
                }
            } catch {
                layers.append(SettingsLayer(unreadable: error))
            }
        }
        layers.append(SettingsLayer(environment: environment))
        layers.append(SettingsLayer(flags: flags, workingDirectory: currentDirectory()))
        return try merge(layers, files: files, hostName: hostName)
    }

    /// Reads settings that ``AgentSettings/json`` wrote, for example those of a running agent.
    /// - Parameter name: What problems name as the file.
    package static func settings(document: [UInt8], name: String) throws(SettingsError) -> AgentSettings {
        try merge([SettingsLayer(document: document, file: name)], files: [name], hostName: currentHostName).settings
    }

    private static func merge(
        _ layers: [SettingsLayer], files: [String], hostName: () -> String
    ) throws(SettingsError) -> LoadedSettings {
        var settings = AgentSettings(node: "")
        var origins = Dictionary(uniqueKeysWithValues: AgentSettings.keys.map { ($0.key, SettingOrigin.builtIn) })
        var problems: [SettingsProblem] = []
        for layer in layers {
            var found = layer.problems
            for entry in layer.entries {
                found += entry.setting.assign(entry.texts, &settings)
                origins[entry.setting.key] = entry.origin
            }
            // As somebody reads the file.
            problems += found.sorted { $0.origin.precedes($1.origin) }
        }
        if origins["node"] == .builtIn, let node = AgentSettings.keys.first(where: { $0.key == "node" }) {
            problems += node.assign([SettingText(text: hostName(), origin: .hostName)], &settings)
            origins["node"] = .hostName
        }
        problems += settings.contradictions.map { key, message in
            SettingsProblem(origin: origins[key] ?? .builtIn, key: key, message: message)
        }
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        return LoadedSettings(settings: settings, origins: origins, files: files)
    }
}

extension SettingsLayer {
    fileprivate init(unreadable error: FileReadError, isNamedByOption: Bool = false) {
        if isNamedByOption {
            refuse(.flag("--config"), nil, error.description)
        } else {
            refuse(.path(error.path), nil, "cannot be read: \(error.reason)")
        }
    }
}
