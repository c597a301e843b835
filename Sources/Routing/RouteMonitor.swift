import CMNL
public import Netlink

/// A change that the kernel announced.
///
/// Events tell where to look; they are no log of what happened. The kernel deletes the IPv4 routes of an interface that
/// goes down or loses its last address without announcing it, so these events concern all routes of their interface.
public enum RoutingEvent: Hashable, Sendable {
    /// The interface appeared or changed; `removed`: it is gone, or left this network namespace.
    case link(Link, removed: Bool)
    case address(InterfaceAddress, removed: Bool)
    case route(Route, removed: Bool)
    case neighbour(Neighbour, removed: Bool)
    /// Kernel parameters of an interface were set; interfaces that appear are told of too.
    case parameters(InterfaceParameters)
    /// Events were lost: whatever is known must be read anew.
    case overrun
}

/// Listens to changes of links, their parameters, addresses, routes and neighbours in the network namespace of the thread that made it.
///
/// Start it before the first dump: then nothing falls between the two, though an event may be older than the dump.
public struct RouteMonitor: ~Copyable, Sendable {
    private var socket: NetlinkSocket

    /// - Parameter receiveBufferSize: How much the kernel queues before it drops events, in bytes; a link event takes
    ///   some 2 KiB.
    public init(receiveBufferSize: Int32 = 8 << 20) throws(NetlinkError) {
        let groups = [
            RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
            RTNLGRP_NEIGH, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
        ]
        socket = try NetlinkSocket(
            family: .route, groups: groups.map(\.rawValue), receiveBufferSize: receiveBufferSize)
    }

    /// Readable, in terms of poll(2), when events are queued.
    public var fileDescriptor: Int32 { socket.fileDescriptor }

    /// Takes what is queued, without waiting.
    ///
    /// After ``RoutingEvent/overrun`` the queue is empty: a dump begun then is newer than anything lost. An event that
    /// cannot be decoded counts as lost.
    ///
    /// - Parameter limit: How many datagrams to take at most. If that many were taken, the descriptor stays readable.
    public mutating func events(limit: Int = 1024) throws(NetlinkError) -> [RoutingEvent] {
        var events: [RoutingEvent] = []
        do throws(NetlinkError) {
            _ = try socket.receiveEvents(limit: limit) { message throws(NetlinkError) in
                if let event = try RoutingEvent(message) { events.append(event) }
            }
        } catch {
            guard error.isOutcomeUnknown else { throw error }
            events.append(.overrun)
        }
        return events
    }
}

extension RoutingEvent {
    /// `nil` for messages about something else, such as a bridge's ports and forwarding entries.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        switch Int(message.type) {
        case RTM_NEWLINK, RTM_DELLINK:
            guard let link = try Link(message, withStatistics: false) else { return nil }
            self = .link(link, removed: message.type == RTM_DELLINK)
        case RTM_NEWADDR, RTM_DELADDR:
            guard let address = try InterfaceAddress(message) else { return nil }
            self = .address(address, removed: message.type == RTM_DELADDR)
        case RTM_NEWROUTE, RTM_DELROUTE:
            guard let route = try Route(message) else { return nil }
            self = .route(route, removed: message.type == RTM_DELROUTE)
        case RTM_NEWNEIGH, RTM_DELNEIGH:
            guard let neighbour = try Neighbour(message) else { return nil }
            self = .neighbour(neighbour, removed: message.type == RTM_DELNEIGH)
        case RTM_NEWNETCONF:
            guard let parameters = try InterfaceParameters(message) else { return nil }
            self = .parameters(parameters)
        default: return nil
        }
    }
}
