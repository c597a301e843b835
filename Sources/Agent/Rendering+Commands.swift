package import Dataplane
package import NetworkValues
package import Routing

// The words of iproute2 and sysctl(8) for what is not in nftables. Interfaces go by name: they need not exist.

/// A route of ours.
package struct RouteCommand: Hashable, Comparable, Sendable {
    package let route: Route
    package let device: String

    init(_ route: Route, _ interfaceName: (UInt32) -> String) {
        self.route = route
        device = route.interfaceIndex.map(interfaceName) ?? ""
    }

    /// `ip route replace 10.65.0.2/32 dev cali1 scope link proto 77`
    package var text: String {
        var words = [route.family == .v6 ? "ip -6 route replace" : "ip route replace"]
        if route.type != .unicast {
            words.append("\(route.type)")
        }
        words.append("\(route.destination)")
        if let gateway = route.gateway {
            words.append("via \(gateway)")
        }
        if !device.isEmpty {
            words.append("dev \(device)")
        }
        // iproute2 would put a local route into the local table, and IPv6 knows no scope.
        if route.table != Route.mainTable || route.type != .unicast {
            words.append("table \(route.table == Route.mainTable ? "main" : "\(route.table)")")
        }
        if let scope {
            words.append("scope \(scope)")
        }
        if route.priority != 0 {
            words.append("metric \(route.priority)")
        }
        return (words + ["proto \(route.protocol)"]).joined(separator: " ")
    }

    /// iproute2's name or number; `nil` where there is none.
    package var scope: String? {
        guard route.family == .v4 else { return nil }
        switch route.scope {
        case .universe: return "global"
        case .link: return "link"
        case .host: return "host"
        default: return "\(route.scope.rawValue)"
        }
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.route.destination, left.device) < (right.route.destination, right.device)
    }
}

/// A neighbour entry of ours.
package struct NeighbourCommand: Hashable, Sendable {
    package let address: IPAddress
    package let device: String
    package let entry: NeighbourEntry
    package let `protocol`: UInt8

    init(_ id: NeighbourID, _ entry: NeighbourEntry, protocol: UInt8, _ interfaceName: (UInt32) -> String) {
        address = id.address
        device = interfaceName(id.interfaceIndex)
        self.entry = entry
        self.protocol = `protocol`
    }

    /// `ip neighbour replace 10.65.0.2 lladdr ca:fe:1d:52:bb:e9 dev cali1 nud permanent protocol 77`
    package var text: String {
        let words =
            switch entry {
            case .permanent(let linkLayerAddress): "\(address) lladdr \(linkLayerAddress) dev \(device) nud permanent"
            case .proxy(let isRouter): "proxy \(address) dev \(device)\(isRouter ? " router" : "")"
            }
        return "ip neighbour replace \(words) protocol \(`protocol`)"
    }
}

/// A kernel parameter and its value.
package struct SysctlCommand: Hashable, Sendable {
    /// As sysctl(8) writes it: dots separate, and a dot in an interface's name is a slash.
    package let name: String
    package let value: String

    init(_ id: SysctlID, value: String) {
        name =
            "net."
            + id.path.split(separator: "/").map { $0.replacing(".", with: "/") }.joined(separator: ".")
        self.value = value
    }

    /// `sysctl net.ipv4.conf.cali1.proxy_arp=1`
    package var text: String { "sysctl \(name)=\(value)" }
}
