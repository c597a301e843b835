package import NetworkValues
package import Nftables
import Routing

/// What of the configuration decides how endpoints are programmed.
package struct DataplaneOptions: Hashable, Sendable {
    /// Whether every endpoint has chains of its own.
    package enum ChainLayout: String, Hashable, Sendable {
        /// `from-<interfaceName>` and `to-<interfaceName>` for each endpoint.
        case perInterface
        /// The verdict maps lead straight to the chains of the policy group.
        case shared
    }

    /// The node whose endpoints are local.
    package var node: String
    /// Interfaces whose names start so carry workloads, known or not.
    package var interfacePrefixes: [String]
    /// Whether a workload interface without an endpoint is closed.
    package var dropsUnknownInterfaces: Bool
    package var chainLayout: ChainLayout
    /// Whether workloads may talk to the host itself.
    package var acceptsEndpointToHost: Bool
    /// Whether the host's forwarding switch is turned on once a family has endpoints.
    package var managesForwarding: Bool
    /// Whether an endpoint's own connections leave under its external address.
    package var natOutbound: Bool
    /// Destinations that see internal addresses even so.
    package var natExcludedNetworks: [IPPrefix]
    /// Whether neighbours on the host's links learn from it where external addresses are.
    package var announcesExternals: Bool
    package var filtersARP: Bool
    /// Whether the contents of neighbour discovery are looked at.
    package var filtersND: Bool
    package var filtersDHCP: Bool
    /// Whether a change of policy ends the running flows that it no longer allows.
    package var judgesRunningFlows: Bool
    /// Whether the tables are held against other programs, where the kernel can (``HostFacts/canLock``).
    package var locksTables: Bool
    /// Marks a route or neighbour as ours (`rtm_protocol`, `NDA_PROTOCOL`).
    package var routeProtocol: UInt8
    package var routeTable: UInt32

    package init(
        node: String, interfacePrefixes: [String] = ["cali"], dropsUnknownInterfaces: Bool = true,
        chainLayout: ChainLayout = .perInterface, acceptsEndpointToHost: Bool = false, managesForwarding: Bool = true,
        natOutbound: Bool = true, natExcludedNetworks: [IPPrefix] = [], announcesExternals: Bool = false,
        filtersARP: Bool = true, filtersND: Bool = true, filtersDHCP: Bool = true, judgesRunningFlows: Bool = false,
        locksTables: Bool = false, routeProtocol: UInt8 = 77, routeTable: UInt32 = 254
    ) {
        self.node = node
        self.interfacePrefixes = interfacePrefixes
        self.dropsUnknownInterfaces = dropsUnknownInterfaces
        self.chainLayout = chainLayout
        self.acceptsEndpointToHost = acceptsEndpointToHost
        self.managesForwarding = managesForwarding
        self.natOutbound = natOutbound
        self.natExcludedNetworks = natExcludedNetworks
        self.announcesExternals = announcesExternals
        self.filtersARP = filtersARP
        self.filtersND = filtersND
        self.filtersDHCP = filtersDHCP
        self.judgesRunningFlows = judgesRunningFlows
        self.locksTables = locksTables
        self.routeProtocol = routeProtocol
        self.routeTable = routeTable
    }
}

extension Table {
    /// Filtering and translation of IPv4 and IPv6.
    package static let margay = Table(.inet, "margay")
    /// The source filter for ARP.
    package static let margayARP = Table(.arp, "margay")

    /// All tables that are ours, in the order they are programmed.
    package static let owned: [Table] = [.margay, .margayARP]
}

extension DataplaneOptions {
    /// The route to one of an endpoint's networks: of scope link for IPv4, since the workload is on the link itself. IPv6
    /// knows no scope; there the metric is the one that the kernel chooses for routes without any.
    func workloadRoute(to network: IPPrefix, interfaceIndex: UInt32) -> Route {
        let isIPv4 = network.family == .v4
        return Route(
            network, table: routeTable, protocol: RouteProtocol(rawValue: routeProtocol),
            scope: isIPv4 ? .link : .universe, interfaceIndex: interfaceIndex, priority: isIPv4 ? 0 : 1024)
    }

    /// Makes the host own a gateway that workloads are told to use. It stands in the main table: in the local one the
    /// kernel would look it up before every other rule.
    func gatewayRoute(_ gateway: IPAddress) -> Route {
        Route(
            IPPrefix(host: gateway), type: .local, table: Route.mainTable,
            protocol: RouteProtocol(rawValue: routeProtocol), scope: .host, interfaceIndex: Self.loopbackIndex)
    }

    /// The loopback interface is the first of every network namespace (`LOOPBACK_IFINDEX`).
    private static var loopbackIndex: UInt32 { 1 }
}
