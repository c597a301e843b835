import NetworkValues

// The words of iproute2, except that interfaces go by number where nobody knows their names.

extension Route: CustomStringConvertible {
    public var description: String { description { "#\($0)" } }

    /// `route local 169.254.1.1/32 dev lo`, with the names that `interfaceName` gives; what is usual is left out.
    public func description(_ interfaceName: (UInt32) -> String) -> String {
        var text = "route "
        if type != .unicast { text += "\(type) " }
        text += destination.description
        if let gateway { text += " via \(gateway)" }
        if let interfaceIndex { text += " dev \(interfaceName(interfaceIndex))" }
        if isMultipath { text += " nexthops" }
        if table != Self.mainTable { text += " table \(table)" }
        if priority != 0 { text += " metric \(priority)" }
        return text
    }
}

extension RouteType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unicast: "unicast"
        case .local: "local"
        case .broadcast: "broadcast"
        case .anycast: "anycast"
        case .multicast: "multicast"
        case .blackhole: "blackhole"
        case .unreachable: "unreachable"
        case .prohibit: "prohibit"
        case .throw: "throw"
        default: "type \(rawValue)"
        }
    }
}

extension RouteProtocol: CustomStringConvertible {
    public var description: String { "\(rawValue)" }
}

extension Neighbour: CustomStringConvertible {
    public var description: String { description { "#\($0)" } }

    /// `neighbour 10.65.0.2 lladdr 02:00:00:00:00:01 dev cali1`, with the names that `interfaceName` gives.
    func description(_ interfaceName: (UInt32) -> String) -> String {
        var text = isProxy ? "neighbour proxy \(address)" : "neighbour \(address)"
        if let linkLayerAddress { text += " lladdr \(linkLayerAddress)" }
        return text + " dev \(interfaceName(interfaceIndex))"
    }
}
