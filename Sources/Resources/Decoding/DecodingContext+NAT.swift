import NetworkValues

private enum IPNATField: String, FieldName {
    static let table = FieldTable<Self>()
    case internalIP, externalIP
}

extension DecodingContext {
    /// - Parameter networks: The endpoint's own; `nil` when they could not be read.
    mutating func ipNATs(_ node: YAMLNode, inside networks: [IPPrefix]?) -> [IPNAT] {
        var externals = FirstLines<IPAddress>()
        return list(node, of: "IP NATs") { context, item in
            let fields = context.fields(of: item, as: IPNATField.self)
            guard fields.isMapping else { return nil }
            let internalIP = context.require(fields, .internalIP, "an address of the workload") { context, node in
                context.internalIP(node, inside: networks)
            }
            let externalIP = context.require(
                fields, .externalIP, "the address by which others reach the workload"
            ) { context, node in
                guard let address = context.address(node) else { return nil as IPAddress? }
                if let reason = address.isLinkLocalIPv6 ? "a link-local address" : address.reasonAgainstWorkload {
                    context.error(node, "\(address) is \(reason): nobody can reach a workload by it")
                    return nil
                }
                if let first = externals.note(address, node.line) {
                    context.error(node, "\(address) is mapped already, on line \(first)")
                }
                return address
            }
            let others = context.others(fields)
            guard let internalIP, let externalIP else { return nil }
            guard internalIP.family == externalIP.family else {
                context.error(
                    item, "\(internalIP) and \(externalIP) are of different families: a NAT maps within one family")
                return nil
            }
            guard internalIP != externalIP else {
                context.error(item, "\(externalIP) is mapped to itself: leave the mapping out")
                return nil
            }
            guard networks?.contains(IPPrefix(host: externalIP)) != true else {
                context.error(
                    item,
                    "\(externalIP) is one of the endpoint's ipNetworks: an external address is none of the workload's")
                return nil
            }
            return IPNAT(internalIP: internalIP, externalIP: externalIP, otherFields: others)
        }
    }

    private mutating func internalIP(_ node: YAMLNode, inside networks: [IPPrefix]?) -> IPAddress? {
        guard let address = address(node) else { return nil }
        if let networks, !networks.contains(where: { $0.contains(address) }) {
            error(
                node, "\(address) is in none of the endpoint's ipNetworks: an address of the workload is expected here")
        }
        return address
    }
}
