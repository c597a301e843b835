import NetworkValues

extension DecodingContext {
    /// The endpoint's networks; `nil` when one of them could not be read, so that nothing is to be compared with them.
    mutating func ipNetworks(_ fields: Fields<EndpointSpecField>) -> [IPPrefix]? {
        let errorsBefore = errorCount
        let networks = read(fields, .ipNetworks) { context, node in
            let networks = context.list(node, of: "IP networks") { context, item in context.ipNetwork(item) }
            if networks.isEmpty, context.errorCount == errorsBefore {
                context.warning(node, Self.noNetworks)
            }
            context.warnOfRepetitions(networks, in: node)
            return networks
        }
        if fields[.ipNetworks] == nil, fields.isMapping {
            warnOfAbsence("ipNetworks", Self.noNetworks)
        }
        return errorCount == errorsBefore ? networks ?? [] : nil
    }

    private static var noNetworks: String { "no networks: the workload has no address and cannot be reached" }

    private mutating func ipNetwork(_ node: YAMLNode) -> IPPrefix? {
        guard let prefix = network(node) else { return nil }
        guard prefix.isHost || allowWideNetworks else {
            error(
                node,
                "\(prefix) is wider than one address: write a /\(prefix.family.bits), "
                    + "or set allowWideNetworks in the configuration")
            return nil
        }
        if prefix.isHost, let reason = prefix.address.reasonAgainstWorkload {
            error(node, "\(prefix.address) is \(reason): a workload cannot have it")
            return nil
        }
        return prefix
    }

    /// The interface on the host. Loopback's is the host's own: filtering it would cut the host off from itself.
    mutating func workloadInterface(_ node: YAMLNode) -> InterfaceName? {
        guard let name = value(node, { text throws(InvalidValue) in try InterfaceName(parsing: text) }) else {
            return nil
        }
        guard name.rawValue != "lo" else {
            error(node, "lo is the host's loopback interface: name the interface that leads to the workload")
            return nil
        }
        return name
    }

    mutating func profileNames(_ node: YAMLNode) -> [String] {
        let names = list(node, of: "profile names", parse: Names.name)
        warnOfRepetitions(names, in: node)
        return names
    }

    /// A source address: a frame from a group address or from zero is dropped by every bridge and network stack.
    mutating func hardwareAddress(_ node: YAMLNode) -> HardwareAddress? {
        guard let address = value(node, { text throws(InvalidValue) in try HardwareAddress(parsing: text) }) else {
            return nil
        }
        let octets = address.octets
        if let first = octets.first, first & 1 == 1 {
            error(node, "\(address) is a group address, which no interface can send from: its first octet must be even")
            return nil
        }
        if octets.allSatisfy({ $0 == 0 }) {
            error(node, "\(address) is not an address that an interface can send from")
            return nil
        }
        return address
    }
}
