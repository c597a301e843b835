import NetworkValues

extension DecodingContext {
    /// The endpoint's networks; `nil` when one of them could not be read, so that nothing is to be compared with them.
    mutating func ipNetworks(_ fields: Fields<EndpointSpecField>) -> [IPPrefix]? {
        let errorsBefore = errorCount
        var lines = FirstLines<IPPrefix>()
        let networks = read(fields, .ipNetworks) { context, node in
            let networks = context.list(node, of: "IP networks") { context, item in
                let network = context.ipNetwork(item)
                context.warnOfRepetition(of: network, item, &lines)
                return network
            }
            if networks.isEmpty, context.errorCount == errorsBefore {
                context.warning(node, Self.noNetworks)
            }
            return networks
        }
        if !fields.has(.ipNetworks), fields.isMapping {
            warnOfAbsence("ipNetworks", Self.noNetworks)
        }
        return errorCount == errorsBefore ? networks ?? [] : nil
    }

    private static var noNetworks: String { "no networks: the workload has no address and cannot be reached" }

    private mutating func ipNetwork(_ node: YAMLNode) -> IPPrefix? {
        guard let prefix = value(node, { text throws(InvalidValue) in try IPPrefix(parsing: text) }) else { return nil }
        guard prefix.isHost || allowWideNetworks else {
            error(
                node,
                "\"\(excerpt(node.text ?? ""))\" is wider than one address: write a /\(prefix.family.bits), "
                    + "or set allowWideNetworks in the configuration")
            return nil
        }
        warnOfHostBits(node, readAs: prefix)
        if let (address, reason) = prefix.addressAgainstWorkload {
            let subject = prefix.isHost ? "\(address) is" : "\(prefix) holds \(address),"
            error(node, "\(subject) \(reason): a workload cannot have it")
            return nil
        }
        if prefix.address.isLinkLocalIPv6 {
            warning(node, "\(prefix) is link-local: a workload may use such addresses without listing them")
        }
        return prefix
    }

    /// What the workload may send from beside its own networks; every address is accepted there.
    mutating func spoofedPrefixes(_ node: YAMLNode) -> [IPPrefix] {
        var lines = FirstLines<IPPrefix>()
        return list(node, of: "IP networks") { context, item in
            guard let prefix = context.network(item) else { return nil as IPPrefix? }
            if prefix.length >= 96, let reason = prefix.address.reasonAgainstHost, prefix.family == .v6 {
                context.error(item, "\(prefix.address) is \(reason): no workload can send from it")
                return nil
            }
            context.warnOfRepetition(of: prefix, item, &lines)
            return prefix
        }
    }

    /// - Parameter networks: The endpoint's own; `nil` when they could not be read.
    mutating func gateway(_ node: YAMLNode, family: IPFamily, networks: [IPPrefix]?) -> IPAddress? {
        guard let address = address(node, family: family) else { return nil }
        if let reason = address.reasonAgainstHost {
            error(node, "\(address) is \(reason): it cannot be a gateway")
            return nil
        }
        if let networks, networks.contains(IPPrefix(host: address)) {
            warning(node, "\(address) is the workload's own address: nothing else will answer for it")
        }
        return address
    }

    /// The interface on the host. Loopback's is the host's own: filtering it would cut the host off from itself. By
    /// `all` and `default` the kernel's parameters of an interface would be those of every interface.
    mutating func workloadInterface(_ node: YAMLNode) -> InterfaceName? {
        guard let name = value(node, { text throws(InvalidValue) in try InterfaceName(parsing: text) }) else {
            return nil
        }
        guard name.rawValue != "lo" else {
            error(node, "lo is the host's loopback interface: name the interface that leads to the workload")
            return nil
        }
        guard name.rawValue != "all", name.rawValue != "default" else {
            error(node, "\"\(name)\" stands for every interface in the kernel's parameters: no interface is called so")
            return nil
        }
        return name
    }

    mutating func profileNames(_ node: YAMLNode) -> [String] {
        var lines = FirstLines<String>()
        return list(node, of: "profile names") { context, item in
            let name = context.value(item, Names.name)
            context.warnOfRepetition(of: name, item, &lines)
            return name
        }
    }

    /// A source address: a frame from a group address or from zero is dropped by every bridge and network stack.
    mutating func hardwareAddress(_ node: YAMLNode) -> HardwareAddress? {
        guard let address = value(node, { text throws(InvalidValue) in try HardwareAddress(parsing: text) }) else {
            return nil
        }
        if address.isGroup {
            error(node, "\(address) is a group address, which no interface can send from: its first octet must be even")
            return nil
        }
        // An EUI-64 is enforced as the EUI-48 in it.
        if address.isZero {
            error(node, "\(address) is not an address that an interface can send from")
            return nil
        }
        return address
    }
}
