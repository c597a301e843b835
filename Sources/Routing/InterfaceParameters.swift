import CMNL
import Netlink
public import NetworkValues

/// Those of an interface's kernel parameters of whose changes the kernel tells (`RTM_NEWNETCONF`, linux/netconf.h).
public struct InterfaceParameters: Hashable, Sendable {
    /// Whose they are.
    public enum Scope: Hashable, Sendable {
        case interface(UInt32)
        /// `conf/all`: with it, each interface's may have changed too.
        case all
        /// `conf/default`: what new interfaces get.
        case standard
    }

    public var family: IPFamily
    public var scope: Scope
    /// `forwarding`, where it is told of.
    public var forwarding: Int32?
    /// `rp_filter`; IPv4 only.
    public var reversePathFilter: Int32?
    /// `proxy_arp` or `proxy_ndp`.
    public var proxyNeighbours: Int32?

    public init(
        _ family: IPFamily, _ scope: Scope, forwarding: Int32? = nil, reversePathFilter: Int32? = nil,
        proxyNeighbours: Int32? = nil
    ) {
        self.family = family
        self.scope = scope
        self.forwarding = forwarding
        self.reversePathFilter = reversePathFilter
        self.proxyNeighbours = proxyNeighbours
    }
}

extension InterfaceParameters {
    /// Reads `RTM_NEWNETCONF`; `nil` for other families, MPLS for example.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        // struct netconfmsg (linux/netconf.h) is one byte.
        guard let family = IPFamily(number: try message.header(UInt8.self)) else { return nil }
        self.init(family, .all)
        var attributes = try message.attributes(after: UInt8.self)
        while let attribute = try attributes.next() {
            switch attribute.type {
            case 1:
                let index = try attribute.integer(Int32.self)
                scope = index == -1 ? .all : index == -2 ? .standard : .interface(UInt32(bitPattern: index))
            case 2: forwarding = try attribute.integer(Int32.self)
            case 3: reversePathFilter = try attribute.integer(Int32.self)
            case 5: proxyNeighbours = try attribute.integer(Int32.self)
            default: break
            }
        }
    }
}
