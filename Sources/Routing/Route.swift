public import NetworkValues

/// A route of the kernel's forwarding tables (rtnetlink(7), `RTM_NEWROUTE`).
public struct Route: Hashable, Sendable {
    // In an order without gaps, and what few routes have apart: there are three of them for each of ten thousand endpoints.
    public var destination: IPPrefix
    public var type: RouteType
    /// Who made the route (`RTPROT_*`); numbers from 4 on mean nothing to the kernel.
    public var `protocol`: RouteProtocol
    /// How far the destination is. IPv6 knows no scope: the kernel ignores it and reports ``RouteScope/universe``.
    public var scope: RouteScope
    /// The number of the routing table: 254 is main, 255 local (`RT_TABLE_*`).
    public var table: UInt32
    /// 0 for none.
    private var index: UInt32
    /// The metric: of routes to one destination, the one with the least number is taken. For IPv4, 0 is the default
    /// and a value like any other; for IPv6, 0 makes the kernel choose 1024.
    public var priority: UInt32
    private var details: Details?

    /// The interface packets leave by (`RTA_OIF`).
    public var interfaceIndex: UInt32? {
        get { index == 0 ? nil : index }
        set { index = newValue ?? 0 }
    }

    public var gateway: IPAddress? {
        get { details?.gateway }
        set { setDetails(gateway: newValue, preferredSource, flags, isMultipath) }
    }

    /// The source address that the host's own packets take by this route.
    public var preferredSource: IPAddress? {
        get { details?.preferredSource }
        set { setDetails(gateway: gateway, newValue, flags, isMultipath) }
    }

    public var flags: RouteFlags {
        get { details?.flags ?? [] }
        set { setDetails(gateway: gateway, preferredSource, newValue, isMultipath) }
    }

    /// Whether the route has several next hops, which this type does not describe; interface and gateway are `nil`
    /// then.
    public var isMultipath: Bool {
        get { details?.isMultipath ?? false }
        set { setDetails(gateway: gateway, preferredSource, flags, newValue) }
    }

    private final class Details: Hashable, Sendable {
        let gateway: IPAddress?
        let preferredSource: IPAddress?
        let flags: RouteFlags
        let isMultipath: Bool

        init(_ gateway: IPAddress?, _ preferredSource: IPAddress?, _ flags: RouteFlags, _ isMultipath: Bool) {
            (self.gateway, self.preferredSource) = (gateway, preferredSource)
            (self.flags, self.isMultipath) = (flags, isMultipath)
        }

        static func == (left: Details, right: Details) -> Bool {
            left.gateway == right.gateway && left.preferredSource == right.preferredSource
                && left.flags == right.flags && left.isMultipath == right.isMultipath
        }

        func hash(into hasher: inout Hasher) { hasher.combine(gateway) }
    }

    public init(
        _ destination: IPPrefix, type: RouteType = .unicast, table: UInt32 = Route.mainTable, protocol: RouteProtocol,
        scope: RouteScope = .universe, interfaceIndex: UInt32? = nil, gateway: IPAddress? = nil, priority: UInt32 = 0,
        preferredSource: IPAddress? = nil, flags: RouteFlags = [], isMultipath: Bool = false
    ) {
        self.destination = destination
        self.type = type
        self.table = table
        self.protocol = `protocol`
        self.scope = scope
        self.priority = priority
        index = interfaceIndex ?? 0
        setDetails(gateway: gateway, preferredSource, flags, isMultipath)
    }

    private mutating func setDetails(
        gateway: IPAddress?, _ preferredSource: IPAddress?, _ flags: RouteFlags, _ isMultipath: Bool
    ) {
        let isNeeded = gateway != nil || preferredSource != nil || !flags.isEmpty || isMultipath
        details = isNeeded ? Details(gateway, preferredSource, flags, isMultipath) : nil
    }

    public var family: IPFamily { destination.family }

    /// Of what tells routes apart: the rest is alike in nearly all of them.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(destination)
        hasher.combine(interfaceIndex)
    }

    /// `RT_TABLE_MAIN`.
    public static let mainTable: UInt32 = 254
    /// `RT_TABLE_LOCAL`.
    public static let localTable: UInt32 = 255
}

/// What a route does with packets (`RTN_*` in linux/rtnetlink.h).
public struct RouteType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Forwarded, to a gateway or directly.
    public static let unicast = Self(rawValue: 1)
    /// Accepted by this host.
    public static let local = Self(rawValue: 2)
    public static let broadcast = Self(rawValue: 3)
    public static let anycast = Self(rawValue: 4)
    public static let multicast = Self(rawValue: 5)
    /// Dropped silently.
    public static let blackhole = Self(rawValue: 6)
    /// Dropped, with an ICMP unreachable to the sender.
    public static let unreachable = Self(rawValue: 7)
    /// Dropped, with an ICMP prohibited to the sender.
    public static let prohibit = Self(rawValue: 8)
    /// The search continues in the next table.
    public static let `throw` = Self(rawValue: 9)
}

/// Who made a route or neighbour entry (`RTPROT_*` in linux/rtnetlink.h; iproute2 names them in rt_protos).
public struct RouteProtocol: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public init(integerLiteral value: UInt8) {
        self.init(rawValue: value)
    }

    /// As a request: whatever it is.
    public static let unspecified: Self = 0
    public static let kernel: Self = 2
    public static let boot: Self = 3
    public static let `static`: Self = 4
    /// Learned from a router advertisement.
    public static let routerAdvertisement: Self = 9
}

/// How far a destination is (`RT_SCOPE_*` in linux/rtnetlink.h); greater numbers are nearer.
public struct RouteScope: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Behind a gateway.
    public static let universe = Self(rawValue: 0)
    /// On the attached link.
    public static let link = Self(rawValue: 253)
    /// The host itself.
    public static let host = Self(rawValue: 254)
    /// In a request to delete: whatever the scope is.
    public static let nowhere = Self(rawValue: 255)
}

/// The state of a route's next hop (`RTNH_F_*`) and of the route (`RTM_F_*`); other bits are kept.
public struct RouteFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `RTNH_F_DEAD`: the interface is down.
    public static let dead = Self(rawValue: 1)
    /// `RTNH_F_ONLINK`: the gateway is taken to be on the link.
    public static let onLink = Self(rawValue: 4)
    /// `RTNH_F_LINKDOWN`: the interface has no carrier. The kernel sets it.
    public static let linkDown = Self(rawValue: 16)
    /// `RTM_F_CLONED`: an entry of the cache, not a route.
    public static let cloned = Self(rawValue: 0x200)
}
