/// A network interface as the kernel describes it (rtnetlink(7), `RTM_NEWLINK`).
public struct Link: Hashable, Sendable {
    /// Never reused for another interface while the network namespace lives, short of the counter's overflow.
    public var index: UInt32
    /// The kernel admits more than `InterfaceName` does: any byte but `/`, white space and zero.
    public var name: String
    public var flags: LinkFlags
    public var operationalState: OperationalState
    /// The link-layer address: six octets for Ethernet, empty for an interface without one.
    public var hardwareAddress: [UInt8]
    /// The `ARPHRD_*` number: 1 for Ethernet, 772 for loopback.
    public var hardwareType: UInt16
    /// The index of the bridge, bond or VRF that the interface belongs to.
    public var master: UInt32?
    /// The driver's name, such as `veth`; `nil` for physical interfaces and loopback.
    public var kind: String?
    /// Whether it is a TUN device, whose packets have no header before IP's. Its `hardwareType` may be any
    /// (`TUNSETLINK`).
    public var isTUN: Bool
    /// The index of the interface that this one is bound to (`IFLA_LINK`); for a veth the other end's, in the namespace
    /// that `peerNamespace` tells.
    public var peerIndex: UInt32?
    /// The identifier that this network namespace has for the one in which `peerIndex` counts (`IFLA_LINK_NETNSID`);
    /// `nil` for this namespace itself.
    public var peerNamespace: Int32?
    /// `nil` when they were not asked for.
    public var statistics: LinkStatistics?

    public init(
        index: UInt32, name: String, flags: LinkFlags = [], operationalState: OperationalState = .unknown,
        hardwareAddress: [UInt8] = [], hardwareType: UInt16 = 1, master: UInt32? = nil, kind: String? = nil,
        isTUN: Bool = false, peerIndex: UInt32? = nil, peerNamespace: Int32? = nil, statistics: LinkStatistics? = nil
    ) {
        self.index = index
        self.name = name
        self.flags = flags
        self.operationalState = operationalState
        self.hardwareAddress = hardwareAddress
        self.hardwareType = hardwareType
        self.master = master
        self.kind = kind
        self.isTUN = isTUN
        self.peerIndex = peerIndex
        self.peerNamespace = peerNamespace
        self.statistics = statistics
    }

    /// Whether somebody switched the interface on. Only then does the kernel take routes through it.
    public var isUp: Bool { flags.contains(.up) }

    /// Whether the interface is up and has a carrier, so that packets flow.
    public var isRunning: Bool { flags.isSuperset(of: [.up, .running]) }

    /// Whether its packets come in Ethernet frames.
    public var isEthernet: Bool { hardwareType == 1 && !isTUN }
}

/// The state of an interface (netdevice(7), `IFF_*`), as far as this package looks at it. Other bits are kept.
public struct LinkFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    // The numbers are those of linux/if.h, which cannot be imported beside Glibc's net/if.h.

    /// `IFF_UP`: administratively up.
    public static let up = Self(rawValue: 1 << 0)
    /// `IFF_LOOPBACK`.
    public static let loopback = Self(rawValue: 1 << 3)
    /// `IFF_RUNNING`: operationally up (RFC 2863).
    public static let running = Self(rawValue: 1 << 6)
    /// `IFF_NOARP`: nobody on the link is asked for by address.
    public static let noARP = Self(rawValue: 1 << 7)
    /// `IFF_LOWER_UP`: the driver reports a carrier.
    public static let lowerUp = Self(rawValue: 1 << 16)
}

/// The operational state of RFC 2863 (`IF_OPER_*` in linux/if.h).
public enum OperationalState: UInt8, Hashable, Sendable {
    case unknown, notPresent, down, lowerLayerDown, testing, dormant, up
}

/// What passed an interface since it was made (`struct rtnl_link_stats64`), seen from the host: what is sent to a
/// workload is transmitted by the host's end of its veth.
public struct LinkStatistics: Hashable, Sendable {
    public var receivedPackets: UInt64
    public var transmittedPackets: UInt64
    public var receivedBytes: UInt64
    public var transmittedBytes: UInt64

    public init(
        receivedPackets: UInt64 = 0, transmittedPackets: UInt64 = 0, receivedBytes: UInt64 = 0,
        transmittedBytes: UInt64 = 0
    ) {
        self.receivedPackets = receivedPackets
        self.transmittedPackets = transmittedPackets
        self.receivedBytes = receivedBytes
        self.transmittedBytes = transmittedBytes
    }
}
