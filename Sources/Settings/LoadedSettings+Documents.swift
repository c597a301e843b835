import Resources

extension LoadedSettings {
    /// The settings as a configuration file in YAML, every key present, its origin behind it as a comment.
    /// ``SettingsLoader`` reads the same settings from it.
    /// - Throws: `YAMLError` when a value holds what no YAML can.
    package func yaml() throws -> String {
        var sections: [Substring] = []
        return try DocumentText(json: settings.json).yaml.split(separator: "\n").map { line in
            let text = line.drop { $0 == " " }
            guard !text.hasPrefix("- ") else { return "\(line)\n" }
            sections.removeLast(sections.count - (line.count - text.count) / 2)
            sections.append(text.prefix { $0 != ":" })
            guard let origin = origins[sections.joined(separator: ".")] else { return "\(line)\n" }
            return "\(line)  # \(origin)\n"
        }.joined()
    }

    /// The files that were read, and of every key its value, origin and variable and what a change of it takes.
    package func json() throws -> String {
        let settings = lines.map { line in
            """
            {"key":\(quoted(line.key[...])),"value":\(line.json),"origin":\(quoted(line.origin.description[...])),\
            "variable":\(quoted(line.variable[...])),"change":\(quoted(line.reload.rawValue[...]))}
            """
        }
        let files = files.map { quoted($0[...]) }.joined(separator: ",")
        return try DocumentText(json: "{\"files\":[\(files)],\"settings\":[\(settings.joined(separator: ","))]}").json
    }
}
