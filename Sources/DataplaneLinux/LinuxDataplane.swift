import Conntrack
package import Dataplane
package import Netlink
package import NetworkValues
import NftablesNetlink
package import Routing

/// The dataplane of the network namespace in which this was made: the one place that reads and writes the kernel.
///
/// Make it and use it on threads of that namespace: kernel parameters below `/proc/sys/net` are those of the calling
/// thread's namespace.
package struct LinuxDataplane: ~Copyable, Sendable {
    package var options: DataplaneOptions
    var nftables: NftablesConnection
    var routing: RoutingSocket
    var conntrack: ConntrackConnection
    let sysctl: Sysctl
    /// Whether the kernel lets tables be held; `nil` until somebody has asked.
    var knownLocking: Bool?

    /// - Throws: ``NetlinkError`` when the kernel lacks netlink or nf_tables, or the caller the right to use them.
    package init(options: DataplaneOptions) throws(NetlinkError) {
        let nftables = try NftablesConnection()
        let routing = try RoutingSocket()
        let conntrack = try ConntrackConnection()
        self.init(options: options, nftables: nftables, routing: routing, conntrack: conntrack)
    }

    private init(
        options: DataplaneOptions, nftables: consuming NftablesConnection, routing: consuming RoutingSocket,
        conntrack: consuming ConntrackConnection
    ) {
        self.options = options
        self.nftables = nftables
        self.routing = routing
        self.conntrack = conntrack
        sysctl = Sysctl()
    }

    /// The interface that has this index now, if an endpoint may have its name.
    package mutating func interface(_ index: UInt32) throws(NetlinkError) -> (InterfaceName, InterfaceState)? {
        guard let link = try routing.link(index: index, withStatistics: false),
            let name = try? InterfaceName(parsing: link.name)
        else { return nil }
        return (name, InterfaceState(link))
    }

    /// All interfaces whose names an endpoint may have.
    package mutating func interfaces() throws(NetlinkError) -> [InterfaceName: InterfaceState] {
        var states: [InterfaceName: InterfaceState] = [:]
        for link in try routing.links() {
            guard let name = try? InterfaceName(parsing: link.name) else { continue }
            states[name] = InterfaceState(link)
        }
        return states
    }
}

extension InterfaceState {
    package init(_ link: Link) {
        self.init(
            index: link.index, isUp: link.isUp, isRunning: link.isRunning,
            layer: LinkLayer(
                hardwareType: link.hardwareType, addressLength: link.hardwareAddress.count,
                isEthernet: link.isEthernet,
                // Without addresses, or a header to put them into, the kernel asks nobody whatever the flag says.
                resolvesNeighbours: !link.flags.contains(.noARP) && !link.isTUN && !link.hardwareAddress.isEmpty))
    }
}
