extension AgentSettings {
    /// The settings as a configuration file in JSON, every key present; ``SettingsLoader/settings(document:name:)``
    /// reads the same settings from it.
    package var json: String {
        object(of: Self.keys.map { (path: $0.key.split(separator: ".")[...], setting: $0) })
    }

    /// The object of keys that share a section; keys of one section stand together in ``keys``.
    private func object(of members: [(path: ArraySlice<Substring>, setting: Setting)]) -> String {
        var fields: [String] = []
        var rest = members[...]
        while let (path, setting) = rest.first, let name = path.first {
            if path.count == 1 {
                fields.append("\(quoted(name)):\(json(of: setting))")
                rest.removeFirst()
            } else {
                let section = rest.prefix { $0.path.first == name }
                rest.removeFirst(section.count)
                let object = object(of: section.map { ($0.path.dropFirst(), $0.setting) })
                fields.append("\(quoted(name)):\(object)")
            }
        }
        return "{\(fields.joined(separator: ","))}"
    }

    func json(of setting: Setting) -> String {
        guard let texts = setting.texts(self) else { return "null" }
        let values = setting.isBareInJSON ? texts : texts.map { quoted($0[...]) }
        return setting.isList ? "[\(values.joined(separator: ","))]" : values.joined()
    }
}

/// A JSON string (RFC 8259 section 7).
func quoted(_ text: Substring) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\u{0}"..<" ":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
