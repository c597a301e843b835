import SystemCalls

extension LoadedSettings {
    /// What of etcd's settings is right and does not do what one might think.
    var etcdWarnings: [SettingsWarning] {
        guard settings.source.type == .etcd else {
            guard isSaid("source.etcd.endpoints"), !isSaid("source.type") else { return [] }
            return [
                warning("source.etcd.endpoints", "has no effect: source.type is directory unless it is said to be etcd")
            ]
        }
        return endpointWarnings + userWarnings + certificateWarnings + secretWarnings
    }

    private var etcd: AgentSettings.Source.Etcd { settings.source.etcd }

    private var plainEndpoints: [String] { etcd.endpoints.filter { $0.hasPrefix("http://") } }

    private var endpointWarnings: [SettingsWarning] {
        var seen: Set<String> = []
        let repeated = etcd.endpoints.filter { !seen.insert($0).inserted }
        var messages = Set(repeated).sorted().map { "\($0) is named more than once" }
        if !plainEndpoints.isEmpty, plainEndpoints.count < etcd.endpoints.count {
            messages.append(
                "https:// and http:// side by side: with \(plainEndpoints[0]) nothing is encrypted, and whoever answers "
                    + "there is believed")
        }
        return messages.map { warning("source.etcd.endpoints", $0) }
    }

    private var userWarnings: [SettingsWarning] {
        guard etcd.username != nil else {
            guard etcd.passwordFile != nil else { return [] }
            return [warning("source.etcd.passwordFile", "has no effect without source.etcd.username")]
        }
        var messages: [String] = []
        if etcd.passwordFile == nil {
            messages.append("goes with an empty password; source.etcd.passwordFile names the file with another")
        }
        if let plain = plainEndpoints.first {
            messages.append(
                "goes to \(plain) with the password for everybody on the way to read; https:// encrypts both")
        }
        return messages.map { warning("source.etcd.username", $0) }
    }

    private var certificateWarnings: [SettingsWarning] {
        guard plainEndpoints.count == etcd.endpoints.count else { return [] }
        return [("caFile", etcd.caFile), ("certFile", etcd.certFile), ("keyFile", etcd.keyFile)].compactMap {
            name, path in
            path.map { _ in warning("source.etcd.\(name)", "has no effect with http:// endpoints") }
        }
    }

    private var secretWarnings: [SettingsWarning] {
        [("passwordFile", etcd.passwordFile), ("keyFile", etcd.keyFile)].compactMap { name, path in
            guard let path, FilePermissions(path: path)?.isReadableByEverybody == true else { return nil }
            return warning("source.etcd.\(name)", "everybody on this host may read \(path); chmod 0600 \(path)")
        }
    }
}
