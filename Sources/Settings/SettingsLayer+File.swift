import Resources

extension SettingsLayer {
    /// Reads a configuration file, YAML or JSON: one mapping, whose keys are those of `AgentSettings.keys`.
    ///
    /// A key without a value says that there is none where there may be none, as `username:`; elsewhere it says nothing.
    init(document bytes: [UInt8], file: String) {
        let (documents, syntaxError) = YAMLParser.documents(in: bytes)
        if let syntaxError {
            let location = ResourceLocation(file: file, line: syntaxError.line, column: syntaxError.column)
            refuse(.file(location), nil, "not YAML: \(syntaxError.problem)")
        }
        guard let root = documents.first else { return }
        if documents.count > 1 {
            refuse(origin(documents[1], file), nil, "a configuration file holds one document")
        }
        read(root, at: "", file: file)
    }

    private func origin(_ node: YAMLNode, _ file: String) -> SettingOrigin {
        .file(ResourceLocation(file: file, line: node.line, column: node.column))
    }

    /// Reads the section at `path`, which is empty for the whole file.
    private mutating func read(_ node: YAMLNode, at path: String, file: String) {
        if node.isNull { return }
        guard case .mapping(let pairs) = node.content else {
            return refuse(
                origin(node, file), path.isEmpty ? nil : path,
                "a mapping is expected here, with the keys \(keys(below: path))")
        }
        var seen: [String: SettingOrigin] = [:]
        for pair in pairs {
            let (keyNode, value) = (pair.key, pair.value)
            guard case .scalar(let key) = keyNode.content else {
                refuse(origin(keyNode, file), path.isEmpty ? nil : path, "a key must be a plain text")
                continue
            }
            let full = path.isEmpty ? key.text : "\(path).\(key.text)"
            if let first = seen.updateValue(origin(keyNode, file), forKey: full) {
                refuse(origin(keyNode, file), full, "given twice, the first time at \(first)")
            } else if let setting = AgentSettings.keys.first(where: { $0.key == full }) {
                read(value, as: setting, file: file)
            } else if AgentSettings.keys.contains(where: { $0.key.hasPrefix(full + ".") }), !key.text.isEmpty {
                read(value, at: full, file: file)
            } else {
                refuse(origin(keyNode, file), full, unknownKey(full, in: path))
            }
        }
    }

    private mutating func read(_ node: YAMLNode, as setting: Setting, file: String) {
        if node.isNull {
            if setting.mayBeAbsent {
                entries.append(SettingEntry(setting: setting, texts: [], origin: origin(node, file)))
            }
            return
        }
        switch (node.content, setting.isList) {
        case (.scalar(let scalar), false):
            let text = SettingText(text: scalar.text, origin: origin(node, file))
            entries.append(SettingEntry(setting: setting, texts: [text], origin: text.origin))
        case (.sequence(let items), true):
            var texts: [SettingText] = []
            for item in items {
                guard case .scalar(let scalar) = item.content else {
                    refuse(origin(item, file), setting.key, "a plain text is expected: \(setting.accepted)")
                    return
                }
                texts.append(SettingText(text: scalar.text, origin: origin(item, file)))
            }
            entries.append(SettingEntry(setting: setting, texts: texts, origin: origin(node, file)))
        case (_, true):
            refuse(origin(node, file), setting.key, "a list is expected, each item \(setting.accepted)")
        case (_, false):
            refuse(origin(node, file), setting.key, "one value is expected: \(setting.accepted)")
        }
    }

    private func unknownKey(_ key: String, in section: String) -> String {
        let known = AgentSettings.keys.map(\.key)
        let last = key.split(separator: ".").last.map(String.init) ?? key
        let suggestion =
            nearest(to: key, among: known)
            ?? known.first { $0.hasSuffix("." + last) }
            ?? nearest(to: key, among: sections)
        let place = section.isEmpty ? "" : " in \(section)"
        return "unknown key" + (suggestion.map { "; did you mean \($0)?" } ?? ".")
            + " Accepted\(place): \(keys(below: section))"
    }

    private var sections: [String] {
        Set(AgentSettings.keys.compactMap { $0.key.split(separator: ".").dropLast().first.map(String.init) }).sorted()
    }

    /// The names accepted directly in a section, in the documented order.
    private func keys(below path: String) -> String {
        let prefix = path.isEmpty ? "" : path + "."
        var names: [String] = []
        for setting in AgentSettings.keys where setting.key.hasPrefix(prefix) {
            let name = String(setting.key.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) {
                names.append(name)
            }
        }
        return names.joined(separator: ", ")
    }
}
