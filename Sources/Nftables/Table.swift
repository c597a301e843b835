/// The address family of a table (`NFPROTO_*` in `linux/netfilter.h`).
public enum TableFamily: UInt8, Hashable, Sendable, Comparable, CaseIterable, CustomStringConvertible {
    /// IPv4 and IPv6 packets at once (`NFPROTO_INET`).
    case inet = 1
    /// IPv4 alone (`NFPROTO_IPV4`).
    case ip = 2
    /// ARP packets of all interfaces (`NFPROTO_ARP`).
    case arp = 3
    /// All frames of single devices (`NFPROTO_NETDEV`).
    case netdev = 5
    /// Frames that pass a bridge (`NFPROTO_BRIDGE`).
    case bridge = 7
    /// IPv6 alone (`NFPROTO_IPV6`).
    case ip6 = 10

    public var description: String {
        switch self {
        case .inet: "inet"
        case .ip: "ip"
        case .arp: "arp"
        case .netdev: "netdev"
        case .bridge: "bridge"
        case .ip6: "ip6"
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A table's identity: names are unique per family.
public struct Table: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let family: TableFamily
    public let name: String

    public init(_ family: TableFamily, _ name: String) {
        self.family = family
        self.name = name
    }

    public var description: String { "\(family) \(name)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.family, left.name) < (right.family, right.name)
    }
}
