extension SettingsLayer {
    /// Takes every variable whose name starts with `MARGAY_`. One that no setting has is refused rather than ignored:
    /// it is a typing error more often than somebody else's.
    init(environment: [String: String]) {
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) {
            guard variable.hasPrefix(Setting.variablePrefix) else { continue }
            if let setting = AgentSettings.keys.first(where: { $0.variable == variable }) {
                set(setting, to: setting.isList ? listItems(text) : [text], from: .environment(variable))
            } else {
                refuse(.environment(variable), nil, Self.unknownVariable(variable))
            }
        }
    }

    private static func unknownVariable(_ variable: String) -> String {
        // Compared without the common prefix, which would make everything similar.
        let names = AgentSettings.keys.map { String($0.variable.dropFirst(Setting.variablePrefix.count)) }
        let name = String(variable.dropFirst(Setting.variablePrefix.count))
        let suggestion = nearest(to: name, among: names).map { "; did you mean \(Setting.variablePrefix)\($0)?" }
        return "no setting has this variable" + (suggestion ?? ".")
            + " A setting's variable is MARGAY_ and its key, such as MARGAY_NAT_OUTBOUND for nat.outbound"
    }
}

/// The items between commas without the blanks around them; none of an empty text.
private func listItems(_ text: String) -> [String] {
    let items = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
    return items == [""] ? [] : items
}

/// Without the blanks around it.
private func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex
    return String(start[..<end])
}
