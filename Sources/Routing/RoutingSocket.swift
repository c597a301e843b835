import CMNL
import Glibc
public import Netlink
public import NetworkValues

/// Reads and writes the links, addresses, routes and neighbours of one network namespace: that of the thread which
/// made it. It may then be used from any thread.
public struct RoutingSocket: ~Copyable, Sendable {
    var socket: NetlinkSocket

    public init() throws(NetlinkError) {
        socket = try NetlinkSocket(family: .route)
    }

    /// All interfaces, in the kernel's order: 1 to 6 us each, the more there are.
    public mutating func links(withStatistics: Bool = false) throws(NetlinkError) -> [Link] {
        var request = newRequest()
        Link.appendRequest(to: &request, .all)
        return try socket.dump(request, object: "links", into: []) { links, message throws(NetlinkError) in
            if let link = try Link(message, withStatistics: withStatistics) { links.append(link) }
        }
    }

    /// The interface with this index, or `nil` if there is none.
    public mutating func link(index: UInt32, withStatistics: Bool = true) throws(NetlinkError) -> Link? {
        try link(.index(index), object: "link #\(index)", withStatistics)
    }

    /// The interface with this name, or `nil` if there is none.
    public mutating func link(named name: String, withStatistics: Bool = true) throws(NetlinkError) -> Link? {
        try link(.name(name), object: "link \(name)", withStatistics)
    }

    private mutating func link(
        _ selection: LinkSelection, object: String, _ withStatistics: Bool
    ) throws(NetlinkError) -> Link? {
        var request = newRequest()
        Link.appendRequest(to: &request, selection)
        do throws(NetlinkError) {
            return try socket.dump(request, operation: "get", object: object, into: nil) {
                link, message throws(NetlinkError) in
                link = try Link(message, withStatistics: withStatistics)
            }
        } catch {
            if error.code == .refused(errno: ENODEV) { return nil }
            throw error
        }
    }

    /// The routes of one family that have all that is given: of every table, unless one is named. Entries of the route
    /// cache are left out.
    public mutating func routes(
        _ family: IPFamily, table: UInt32? = nil, protocol: RouteProtocol? = nil, interfaceIndex: UInt32? = nil
    ) throws(NetlinkError) -> [Route] {
        let filter = RouteFilter(family: family, table: table, protocol: `protocol`, interfaceIndex: interfaceIndex)
        var request = newRequest()
        filter.appendRequest(to: &request)
        do throws(NetlinkError) {
            return try socket.dump(request, object: "IP\(family) routes", into: []) {
                routes, message throws(NetlinkError) in
                if let route = try Route(message), filter.admits(route) { routes.append(route) }
            }
        } catch {
            // A table comes into being with its first route; an interface that is gone has none.
            if table != nil, error.code == .refused(errno: ENOENT) { return [] }
            if interfaceIndex != nil, error.code == .refused(errno: ENODEV) { return [] }
            throw error
        }
    }

    /// The ARP and neighbour discovery entries, or with `proxies` the proxy entries, which are a table of their own.
    public mutating func neighbours(
        _ family: IPFamily? = nil, interfaceIndex: UInt32? = nil, proxies: Bool = false
    ) throws(NetlinkError) -> [Neighbour] {
        var request = newRequest()
        Neighbour.appendRequest(to: &request, family: family, interfaceIndex: interfaceIndex, isProxy: proxies)
        return try socket.dump(request, object: proxies ? "proxy neighbours" : "neighbours", into: []) {
            neighbours, message throws(NetlinkError) in
            if let neighbour = try Neighbour(message), neighbour.isProxy == proxies,
                family == nil || family == neighbour.address.family,
                interfaceIndex == nil || interfaceIndex == neighbour.interfaceIndex
            {
                neighbours.append(neighbour)
            }
        }
    }

    /// The addresses of both families, of all interfaces or of one.
    public mutating func addresses(interfaceIndex: UInt32? = nil) throws(NetlinkError) -> [InterfaceAddress] {
        var request = newRequest()
        InterfaceAddress.appendRequest(to: &request, interfaceIndex: interfaceIndex)
        do throws(NetlinkError) {
            return try socket.dump(request, object: "addresses", into: []) { addresses, message throws(NetlinkError) in
                if let address = try InterfaceAddress(message),
                    interfaceIndex == nil || interfaceIndex == address.interfaceIndex
                {
                    addresses.append(address)
                }
            }
        } catch {
            if interfaceIndex != nil, error.code == .refused(errno: ENODEV) { return [] }
            throw error
        }
    }

    borrowing func newRequest() -> MessageBatch {
        MessageBatch(firstSequence: socket.nextSequence, capacity: 128)
    }
}
