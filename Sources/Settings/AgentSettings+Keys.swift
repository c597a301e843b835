extension AgentSettings {
    /// Every key there is, in the order of the documented example, those among them whose feature comes later.
    static let keys: [Setting] = [
        Setting("node", \.node, .nodeName),
        Setting("source.type", \.source.type, .choice),
        Setting("source.directory.path", \.source.directory.path, .absolutePath),
        Setting("source.etcd.endpoints", list: \.source.etcd.endpoints, .etcdEndpoint),
        Setting("source.etcd.username", optional: \.source.etcd.username, .userName),
        Setting("source.etcd.passwordFile", optional: \.source.etcd.passwordFile, .absolutePath),
        Setting("source.etcd.caFile", optional: \.source.etcd.caFile, .absolutePath),
        Setting("source.etcd.certFile", optional: \.source.etcd.certFile, .absolutePath),
        Setting("source.etcd.keyFile", optional: \.source.etcd.keyFile, .absolutePath),
        Setting("source.kubernetes.kubeconfig", optional: \.source.kubernetes.kubeconfig, .absolutePath),
        Setting("interfacePrefixes", list: \.interfacePrefixes, .interfacePrefix),
        Setting("unknownInterfaces", \.unknownInterfaces, .choice),
        Setting("chainLayout", \.chainLayout, .choice),
        Setting("endpointToHost", \.endpointToHost, .choice),
        Setting("manageForwarding", \.manageForwarding, .boolean),
        Setting("allowWideNetworks", \.allowWideNetworks, .boolean),
        Setting("conntrackOnPolicyChange", \.conntrackOnPolicyChange, .boolean),
        Setting("lockTable", \.lockTable, .boolean),
        Setting("nat.outbound", \.nat.outbound, .boolean),
        Setting("nat.excludedNetworks", list: \.nat.excludedNetworks, .network),
        Setting("nat.announce", \.nat.announce, .boolean),
        Setting("sourceFilter.arp", \.sourceFilter.arp, .boolean),
        Setting("sourceFilter.nd", \.sourceFilter.nd, .boolean),
        Setting("sourceFilter.dhcp", \.sourceFilter.dhcp, .boolean),
        Setting(
            "routes.protocol", \.routes.protocol,
            .number(
                "route protocol", in: 5...255, note: " (0 to 4 are the kernel's and the administrator's own)")),
        Setting(
            "routes.table", \.routes.table,
            .number(
                "routing table", in: 1...UInt32.max, note: ", not 255 (the kernel's table of local addresses)",
                except: 255)),
        Setting("resyncInterval", \.resyncInterval, .duration(atLeast: .seconds(1))),
        Setting("massDeleteLimit", \.massDeleteLimit, .number("percentage", in: 0...100)),
        Setting("massDeleteMinimum", \.massDeleteMinimum, .number("number of endpoints", in: 0...1_000_000)),
        Setting("massDeleteHold", \.massDeleteHold, .duration(atLeast: .zero)),
        Setting("status.socket", \.status.socket, .socketPath),
        Setting("status.group", \.status.group, .groupName),
        Setting("http.listen", \.http.listen, .listenAddress),
        Setting("logging.level", \.logging.level, .choice),
        Setting("logging.format", \.logging.format, .choice),
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
