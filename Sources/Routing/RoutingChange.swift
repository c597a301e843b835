import CMNL
import Glibc
import Netlink

/// One write to the kernel's routes or neighbours.
public enum RoutingChange: Hashable, Sendable {
    /// A new route; `EEXIST` if the table holds one with the same destination and priority, whoever made it.
    case addRoute(Route)
    /// A new route beside those with the same destination and priority, which it comes before: it is the one that is
    /// used, and they survive; `EEXIST` only if the very same route is there. For IPv6 the order is the kernel's.
    case prependRoute(Route)
    /// A new route beside those with the same destination and priority, which it comes after; `EEXIST` only if the very
    /// same route is there.
    case appendRoute(Route)
    /// The route, in place of what the table holds.
    ///
    /// - Warning: The kernel overwrites the first route with the same destination and priority **whatever its protocol
    ///   and interface**: somebody else's too. Use this only where the route there is known to be one's own.
    case replaceRoute(Route)
    /// No such route. Only one with the same table, protocol, interface, gateway and, unless 0, priority is removed,
    /// for IPv4 also of the same type and scope; if there is none, that is success. Of several that differ in priority
    /// alone, one is removed.
    case deleteRoute(Route)
    /// The entry, in place of what the table holds for the same interface and address.
    case replaceNeighbour(Neighbour)
    /// No entry for this interface and address, whoever made it; if there is none, that is success.
    case deleteNeighbour(Neighbour)

    /// The verb, for errors and logs: `add`.
    public var operation: String {
        switch self {
        case .addRoute: "add"
        case .prependRoute: "prepend"
        case .appendRoute: "append"
        case .replaceRoute, .replaceNeighbour: "replace"
        case .deleteRoute, .deleteNeighbour: "delete"
        }
    }

    /// The interface that the change concerns.
    public var interfaceIndex: UInt32? {
        switch self {
        case .addRoute(let route), .prependRoute(let route), .appendRoute(let route), .replaceRoute(let route),
            .deleteRoute(let route):
            route.interfaceIndex
        case .replaceNeighbour(let neighbour), .deleteNeighbour(let neighbour):
            neighbour.interfaceIndex
        }
    }

    /// `route 10.65.0.2/32 dev cali1`, with the names that `interfaceName` gives.
    public func object(_ interfaceName: (UInt32) -> String) -> String {
        switch self {
        case .addRoute(let route), .prependRoute(let route), .appendRoute(let route), .replaceRoute(let route),
            .deleteRoute(let route):
            route.description(interfaceName)
        case .replaceNeighbour(let neighbour), .deleteNeighbour(let neighbour):
            neighbour.description(interfaceName)
        }
    }

    func append(to batch: inout MessageBatch) {
        switch self {
        case .addRoute(let route): route.append(to: &batch, type: RTM_NEWROUTE, flags: [.create, .exclusive])
        case .prependRoute(let route): route.append(to: &batch, type: RTM_NEWROUTE, flags: [.create])
        case .appendRoute(let route): route.append(to: &batch, type: RTM_NEWROUTE, flags: [.create, .append])
        case .replaceRoute(let route): route.append(to: &batch, type: RTM_NEWROUTE, flags: [.create, .replace])
        case .deleteRoute(let route): route.append(to: &batch, type: RTM_DELROUTE, flags: [])
        case .replaceNeighbour(let neighbour):
            neighbour.append(to: &batch, type: RTM_NEWNEIGH, flags: [.create, .replace])
        case .deleteNeighbour(let neighbour): neighbour.append(to: &batch, type: RTM_DELNEIGH, flags: [])
        }
    }

    /// Whether this refusal says that what was to be deleted is gone already: the route (`ESRCH`), the neighbour
    /// (`ENOENT`), or the interface and all that was on it (`ENODEV`, `ENXIO`).
    func isSatisfied(by error: NetlinkError) -> Bool {
        switch self {
        case .deleteRoute, .deleteNeighbour:
            [.refused(errno: ESRCH), .refused(errno: ENOENT), .refused(errno: ENODEV), .refused(errno: ENXIO)]
                .contains(error.code)
        case .addRoute, .prependRoute, .appendRoute, .replaceRoute, .replaceNeighbour: false
        }
    }
}

extension RoutingChange: CustomStringConvertible {
    public var description: String { "\(operation) \(object { "#\($0)" })" }
}
