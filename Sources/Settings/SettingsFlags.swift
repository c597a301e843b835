/// The command-line options that are settings, as they were given.
package struct SettingsFlags: Hashable, Sendable {
    /// `--node`
    package var node: String?
    /// `--source`: `directory:/path`, `etcd:https://h:2379` or `kubernetes:` with or without a kubeconfig.
    package var source: String?
    /// `--socket`
    package var socket: String?
    /// `--log-level`
    package var logLevel: String?

    package init(node: String? = nil, source: String? = nil, socket: String? = nil, logLevel: String? = nil) {
        self.node = node
        self.source = source
        self.socket = socket
        self.logLevel = logLevel
    }
}

extension SettingsLayer {
    /// Paths are relative to `workingDirectory`, as on any command line.
    init(flags: SettingsFlags, workingDirectory: String) {
        func absolute(_ path: String) -> String {
            path.isEmpty || path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)"
        }
        if let node = flags.node {
            set("node", [node], from: "--node")
        }
        if let source = flags.source {
            read(source: source, absolute: absolute)
        }
        if let socket = flags.socket {
            set("status.socket", [absolute(socket)], from: "--socket")
        }
        if let level = flags.logLevel {
            set("logging.level", [level], from: "--log-level")
        }
    }

    private mutating func read(source text: String, absolute: (String) -> String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let place = parts.count == 2 ? parts[1] : ""
        switch AgentSettings.Source.Kind(rawValue: parts[0]) {
        case .directory where !place.isEmpty:
            set("source.directory.path", [absolute(place)], from: "--source")
        case .etcd where !place.isEmpty:
            set("source.etcd.endpoints", place.split(separator: ",").map(String.init), from: "--source")
        case .kubernetes where parts.count == 2:
            if !place.isEmpty {
                set("source.kubernetes.kubeconfig", [absolute(place)], from: "--source")
            }
        default:
            refuse(
                .flag("--source"), "source",
                "\"\(text.withoutUserInfo)\" is not a valid source: directory:/path, etcd:https://host:2379, kubernetes: "
                    + "or kubernetes:/kubeconfig")
            return
        }
        set("source.type", [parts[0]], from: "--source")
    }

    private mutating func set(_ key: String, _ texts: [String], from option: String) {
        guard let setting = AgentSettings.keys.first(where: { $0.key == key }) else { return }
        set(setting, to: texts, from: .flag(option))
    }
}
