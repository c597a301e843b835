import NetworkValues

/// One key of the configuration: where it stands, what it accepts, and which property it is.
struct Setting: Sendable {
    /// The place in the file, such as `nat.excludedNetworks`.
    let key: String
    let accepted: String
    /// Whether the value is a list: a sequence in the file, separated by commas in a variable.
    let isList: Bool
    let isBareInJSON: Bool
    /// Assigns the texts (exactly one unless ``isList``), or leaves the settings alone and returns what is wrong.
    let assign: @Sendable ([SettingText], inout AgentSettings) -> [SettingsProblem]
    /// The texts that ``assign`` would make the same value of; `nil` when the setting is absent.
    let texts: @Sendable (AgentSettings) -> [String]?

    typealias Property<Value> = any WritableKeyPath<AgentSettings, Value> & Sendable

    /// A setting with one value.
    init<Value>(
        _ key: String, _ property: Property<Value>, _ format: SettingFormat<Value>
    ) {
        self.init(key, format, property) { settings in [format.write(settings[keyPath: property])] }
    }

    /// A setting that may be absent.
    init<Value>(
        _ key: String, optional property: Property<Value?>,
        _ format: SettingFormat<Value>
    ) {
        self.init(key, format.optional, property) { settings in
            settings[keyPath: property].map { [format.write($0)] }
        }
    }

    private init<Value>(
        _ key: String, _ format: SettingFormat<Value>, _ property: Property<Value>,
        texts: @escaping @Sendable (AgentSettings) -> [String]?
    ) {
        self.key = key
        accepted = format.accepted
        isList = false
        isBareInJSON = format.isBareInJSON
        self.texts = texts
        assign = { texts, settings in
            texts.compactMap { item in
                do throws(InvalidValue) {
                    settings[keyPath: property] = try format.value(of: item.text)
                    return nil
                } catch {
                    return SettingsProblem(origin: item.origin, key: key, message: error.description)
                }
            }
        }
    }

    /// A setting with a list of values, empty ones allowed.
    init<Value>(
        _ key: String, list property: Property<[Value]>,
        _ format: SettingFormat<Value>
    ) {
        self.key = key
        accepted = format.accepted
        isList = true
        isBareInJSON = format.isBareInJSON
        texts = { settings in settings[keyPath: property].map(format.write) }
        assign = { texts, settings in
            var values: [Value] = []
            var problems: [SettingsProblem] = []
            for item in texts {
                do throws(InvalidValue) {
                    values.append(try format.value(of: item.text))
                } catch {
                    problems.append(SettingsProblem(origin: item.origin, key: key, message: error.description))
                }
            }
            if problems.isEmpty {
                settings[keyPath: property] = values
            }
            return problems
        }
    }

    static let variablePrefix = "MARGAY_"

    /// The environment variable: `MARGAY_NAT_EXCLUDED_NETWORKS` for `nat.excludedNetworks`.
    var variable: String {
        key.reduce(into: Self.variablePrefix) { name, character in
            if character == "." {
                name += "_"
            } else {
                name += (character.isUppercase ? "_" : "") + character.uppercased()
            }
        }
    }
}
