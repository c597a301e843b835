public import NetworkValues

/// An entry of the ARP or neighbour discovery table, or a proxy entry (rtnetlink(7), `RTM_NEWNEIGH`).
public struct Neighbour: Hashable, Sendable {
    public var interfaceIndex: UInt32
    public var address: IPAddress
    /// `nil` for a proxy entry, for one not resolved, and for interfaces whose addresses are not 48 bits long.
    public var linkLayerAddress: MACAddress?
    public var state: NeighbourState
    public var flags: NeighbourFlags
    /// Who made the entry (`NDA_PROTOCOL`, kernel 5.2); `nil` when nobody said so. The kernel's own entries have none,
    /// and it treats 0 as none.
    public var `protocol`: RouteProtocol?

    public init(
        _ address: IPAddress, interfaceIndex: UInt32, linkLayerAddress: MACAddress? = nil,
        state: NeighbourState = .permanent, flags: NeighbourFlags = [], protocol: RouteProtocol? = nil
    ) {
        self.interfaceIndex = interfaceIndex
        self.address = address
        self.linkLayerAddress = linkLayerAddress
        self.state = state
        self.flags = flags
        self.protocol = `protocol`
    }

    /// An entry that makes the host answer solicitations (ARP requests) for `address` on the interface.
    ///
    /// IPv6 needs `proxy_ndp` and forwarding there. IPv4 answers only if a route to the address leaves by another
    /// interface.
    public static func proxy(
        _ address: IPAddress, interfaceIndex: UInt32, isRouter: Bool = false, protocol: RouteProtocol? = nil
    ) -> Neighbour {
        Neighbour(
            address, interfaceIndex: interfaceIndex, state: [], flags: isRouter ? [.proxy, .router] : .proxy,
            protocol: `protocol`)
    }

    /// Whether this is a proxy entry. Those form a table of their own: one address may have both.
    public var isProxy: Bool { flags.contains(.proxy) }
}

/// What is known about a neighbour (`NUD_*` in linux/neighbour.h).
public struct NeighbourState: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let incomplete = Self(rawValue: 0x01)
    public static let reachable = Self(rawValue: 0x02)
    public static let stale = Self(rawValue: 0x04)
    public static let delay = Self(rawValue: 0x08)
    public static let probe = Self(rawValue: 0x10)
    public static let failed = Self(rawValue: 0x20)
    /// No resolution needed: multicast, loopback.
    public static let noARP = Self(rawValue: 0x40)
    /// Neither ages nor changes by what the network says; only the link's going down or a request removes it.
    public static let permanent = Self(rawValue: 0x80)
}

/// `NTF_*` in linux/neighbour.h.
public struct NeighbourFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `NTF_PROXY`: the host answers for the address.
    public static let proxy = Self(rawValue: 0x08)
    /// `NTF_EXT_LEARNED`: an external control plane keeps the entry.
    public static let externallyLearned = Self(rawValue: 0x10)
    /// `NTF_ROUTER`: the neighbour is an IPv6 router; of a proxy entry: advertisements say so of this host.
    public static let router = Self(rawValue: 0x80)
}
