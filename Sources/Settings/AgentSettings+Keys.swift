extension AgentSettings {
    /// Every key there is, in the order of the documented example, those among them whose feature comes later.
    static let keys: [Setting] = [
        Setting("node", \.node, .nodeName, reload: .restart),
        Setting("source.type", \.source.type, .choice, reload: .restart),
        Setting("source.directory.path", \.source.directory.path, .absolutePath, reload: .restart),
        Setting(
            "source.etcd.endpoints", list: \.source.etcd.endpoints, .etcdEndpoint, reload: .restart),
        Setting(
            "source.etcd.username", optional: \.source.etcd.username, .userName, reload: .restart),
        Setting(
            "source.etcd.passwordFile", optional: \.source.etcd.passwordFile, .absolutePath, reload: .restart),
        Setting(
            "source.etcd.caFile", optional: \.source.etcd.caFile, .absolutePath, reload: .restart),
        Setting(
            "source.etcd.certFile", optional: \.source.etcd.certFile, .absolutePath, reload: .restart),
        Setting(
            "source.etcd.keyFile", optional: \.source.etcd.keyFile, .absolutePath, reload: .restart),
        Setting(
            "source.kubernetes.kubeconfig", optional: \.source.kubernetes.kubeconfig, .absolutePath, reload: .restart,
            effect: .later),
        Setting("interfacePrefixes", list: \.interfacePrefixes, .interfacePrefix, reload: .safe),
        Setting("unknownInterfaces", \.unknownInterfaces, .choice, reload: .safe),
        Setting("chainLayout", \.chainLayout, .choice, reload: .safe),
        Setting("endpointToHost", \.endpointToHost, .choice, reload: .safe),
        Setting("manageForwarding", \.manageForwarding, .boolean, reload: .safe),
        Setting("allowWideNetworks", \.allowWideNetworks, .boolean, reload: .restart),
        Setting("conntrackOnPolicyChange", \.conntrackOnPolicyChange, .boolean, reload: .safe),
        Setting("lockTable", \.lockTable, .boolean, reload: .safe),
        Setting("nat.outbound", \.nat.outbound, .boolean, reload: .safe),
        Setting("nat.excludedNetworks", list: \.nat.excludedNetworks, .network, reload: .safe),
        Setting("nat.announce", \.nat.announce, .boolean, reload: .safe),
        Setting("sourceFilter.arp", \.sourceFilter.arp, .boolean, reload: .safe),
        Setting("sourceFilter.nd", \.sourceFilter.nd, .boolean, reload: .safe),
        Setting("sourceFilter.dhcp", \.sourceFilter.dhcp, .boolean, reload: .safe),
        Setting(
            "routes.protocol", \.routes.protocol,
            .number(
                "route protocol", in: 5...255, note: " (0 to 4 are the kernel's and the administrator's own)"),
            reload: .restart),
        Setting(
            "routes.table", \.routes.table,
            .number(
                "routing table", in: 1...UInt32.max, note: ", not 255 (the kernel's table of local addresses)",
                except: 255), reload: .restart),
        Setting("resyncInterval", \.resyncInterval, .duration(atLeast: .seconds(1)), reload: .safe),
        Setting("massDeleteLimit", \.massDeleteLimit, .number("percentage", in: 0...100), reload: .safe),
        Setting(
            "massDeleteMinimum", \.massDeleteMinimum, .number("number of endpoints", in: 0...1_000_000), reload: .safe),
        Setting("massDeleteHold", \.massDeleteHold, .duration(atLeast: .zero), reload: .safe),
        Setting("lastGood.path", optional: \.lastGood.path, .stateFile, reload: .restart),
        Setting("status.socket", \.status.socket, .socketPath, reload: .restart),
        Setting("status.group", \.status.group, .groupName, reload: .restart),
        Setting("http.listen", optional: \.http.listen, .listenAddress, reload: .restart),
        Setting("logging.level", \.logging.level, .choice, reload: .safe),
        Setting("logging.format", \.logging.format, .choice, reload: .restart),
    ]

    /// What cannot be right whatever each setting for itself says: the key to blame and the message.
    var contradictions: [(key: String, message: String)] {
        var found: [(key: String, message: String)] = []
        if interfacePrefixes.isEmpty {
            found.append(("interfacePrefixes", "at least one prefix is needed, such as [cali]"))
        }
        if source.type == .etcd, source.etcd.endpoints.isEmpty {
            found.append(("source.type", "etcd needs source.etcd.endpoints, such as [https://10.0.0.1:2379]"))
        }
        if (source.etcd.certFile == nil) != (source.etcd.keyFile == nil) {
            let (given, missing) = source.etcd.keyFile == nil ? ("certFile", "keyFile") : ("keyFile", "certFile")
            found.append(("source.etcd.\(given)", "source.etcd.\(missing) is needed as well"))
        }
        return found
    }
}
