package import NetworkValues

/// A kernel parameter below `net` (`Documentation/networking/ip-sysctl.rst`).
package enum SysctlID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `net.ipv4.ip_forward`, `net.ipv6.conf.all.forwarding`.
    case forwarding(IPFamily)
    /// `net.<family>.conf.<interface>.<key>`; the delay of proxies is below `neigh`.
    case interface(InterfaceName, IPFamily, Key)

    /// What of an interface endpoints, and links of the host's own, have set.
    package enum Key: String, Hashable, Sendable, CaseIterable {
        case advertisements = "accept_ra"
        case sourceRoutes = "accept_source_route"
        case forwarding
        case proxyARP = "proxy_arp"
        case proxyNDP = "proxy_ndp"
        case reversePathFilter = "rp_filter"
        case proxyDelay = "proxy_delay"
    }

    /// The path below `/proc/sys/net`. An interface name is one component of it, dots and all.
    package var path: String {
        switch self {
        case .forwarding(.v4): "ipv4/ip_forward"
        case .forwarding(.v6): "ipv6/conf/all/forwarding"
        case .interface(let name, let family, let key):
            "ip\(family.rawValue)/\(key == .proxyDelay ? "neigh" : "conf")/\(name.rawValue)/\(key.rawValue)"
        }
    }

    package var interface: InterfaceName? {
        switch self {
        case .forwarding: nil
        case .interface(let name, _, _): name
        }
    }

    package var description: String { "sysctl net/\(path)" }

    /// As their paths, but who takes advertisements first and the global switches last: what makes forwarding harmless
    /// comes before anything forwards, be it a single interface.
    package static func < (left: Self, right: Self) -> Bool {
        let (first, second) = (left.place, right.place)
        return (first.group, first.name, first.slot) < (second.group, second.name, second.slot)
    }

    private var place: (group: Int, name: UInt128, slot: Int) {
        switch self {
        case .forwarding(let family): (ParameterSlot.groups.count, 0, family == .v4 ? 0 : 1)
        case .interface(let name, let family, let key):
            { (ParameterSlot.group(of: $0), name.bits, $0) }(ParameterSlot.number(family, key))
        }
    }
}

/// Where a parameter of an interface has its bit among the interface's ``Switches``: in the order in which they are set.
enum ParameterSlot {
    private static let keys: [SysctlID.Key] = [
        .sourceRoutes, .forwarding, .proxyARP, .proxyNDP, .reversePathFilter, .proxyDelay,
    ]

    static let all =
        IPFamily.allCases.map { (family: $0, key: SysctlID.Key.advertisements) }
        + IPFamily.allCases.flatMap { family in keys.map { (family: family, key: $0) } }

    /// The parameters that are set for one interface after the other, before those of the next group are.
    static let groups = [0..<2, 2..<7, 7..<8, 8..<13, 13..<14]

    static func number(_ family: IPFamily, _ key: SysctlID.Key) -> Int {
        let first = family == .v4 ? 2 : 8
        return switch key {
        case .advertisements: family == .v4 ? 0 : 1
        case .sourceRoutes: first
        case .forwarding: first + 1
        case .proxyARP: first + 2
        case .proxyNDP: first + 3
        case .reversePathFilter: first + 4
        case .proxyDelay: first + 5
        }
    }

    static func id(_ name: InterfaceName, _ number: Int) -> SysctlID {
        let (family, key) = all[number]
        return .interface(name, family, key)
    }

    static func group(of number: Int) -> Int { groups.firstIndex { $0.contains(number) } ?? groups.count }
}

/// Which parameters of an interface are known to be 1, and which 0; a bit each, by ``ParameterSlot``.
struct Switches: Hashable, Sendable {
    private(set) var known: UInt16 = 0
    private var on: UInt16 = 0

    subscript(slot: Int) -> Bool? {
        get { known & 1 << slot == 0 ? nil : on & 1 << slot != 0 }
        set {
            (known, on) = (known & ~(1 << slot), on & ~(1 << slot))
            guard let newValue else { return }
            known |= 1 << slot
            if newValue { on |= 1 << slot }
        }
    }

    /// Takes over what `other` knows.
    mutating func merge(_ other: Switches) {
        on = on & ~other.known | other.on
        known |= other.known
    }

    mutating func forget(_ slots: UInt16) { (known, on) = (known & ~slots, on & ~slots) }

    /// Where both know the same.
    func agreement(with other: Switches) -> UInt16 { known & other.known & ~(on ^ other.on) }
}
