import NetworkValues

/// One key of the configuration: where it stands, what it accepts, and which property it is.
struct Setting: Sendable {
    /// The place in the file, such as `nat.excludedNetworks`.
    let key: String
    /// What a value is: `duration`, `choice`.
    let kind: String
    let accepted: String
    /// Whether the value is a list: a sequence in the file, separated by commas in a variable.
    let isList: Bool
    /// Whether there may be no value: `null` in the file.
    let mayBeAbsent: Bool
    let reload: SettingReload
    let effect: Effect
    let isBareInJSON: Bool
    /// Assigns the texts (exactly one unless ``isList`` or ``mayBeAbsent``), or leaves the settings alone and returns what
    /// is wrong.
    let assign: @Sendable ([SettingText], inout AgentSettings) -> [SettingsProblem]
    /// The texts that ``assign`` would make the same value of; `nil` when the setting is absent.
    let texts: @Sendable (AgentSettings) -> [String]?
    /// Gives the second settings the first one's value.
    let copy: @Sendable (AgentSettings, inout AgentSettings) -> Void

    /// Whether anything depends on the value.
    enum Effect: Hashable, Sendable {
        case present
        /// The feature belongs to a later version; `false` asks for nothing and is right already.
        case later
    }

    typealias Property<Value> = any WritableKeyPath<AgentSettings, Value> & Sendable

    /// A setting with one value.
    init<Value>(
        _ key: String, _ property: Property<Value>, _ format: SettingFormat<Value>, reload: SettingReload,
        effect: Effect = .present
    ) {
        self.init(key, format, property, reload, effect, absence: nil) { settings in
            [format.write(settings[keyPath: property])]
        }
    }

    /// A setting that may be absent.
    init<Value>(
        _ key: String, optional property: Property<Value?>, _ format: SettingFormat<Value>, reload: SettingReload,
        effect: Effect = .present
    ) {
        self.init(key, format.optional, property, reload, effect, absence: { $0[keyPath: property] = nil }) {
            settings in
            settings[keyPath: property].map { [format.write($0)] }
        }
    }

    private init<Value>(
        _ key: String, _ format: SettingFormat<Value>, _ property: Property<Value>, _ reload: SettingReload,
        _ effect: Effect,
        absence: (@Sendable (inout AgentSettings) -> Void)?,
        texts: @escaping @Sendable (AgentSettings) -> [String]?
    ) {
        self.key = key
        self.reload = reload
        self.effect = effect
        kind = format.kind
        accepted = format.accepted
        isList = false
        mayBeAbsent = absence != nil
        isBareInJSON = format.isBareInJSON
        self.texts = texts
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        assign = { texts, settings in
            if texts.isEmpty { absence?(&settings) }
            return texts.compactMap { item in
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
        _ key: String, list property: Property<[Value]>, _ format: SettingFormat<Value>, reload: SettingReload,
        effect: Effect = .present
    ) {
        self.key = key
        self.reload = reload
        self.effect = effect
        kind = format.kind
        accepted = format.accepted
        isList = true
        mayBeAbsent = false
        isBareInJSON = format.isBareInJSON
        texts = { settings in settings[keyPath: property].map(format.write) }
        copy = { $1[keyPath: property] = $0[keyPath: property] }
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

/// Whether a running agent takes over another value of a setting.
package enum SettingReload: String, Hashable, Sendable {
    case safe = "reload"
    /// Only the next agent does.
    case restart
}
