extension IPAddress {
    /// Why no workload can have this address, in a few words, or `nil` when one can (RFC 6890; RFC 4291 section 2.4).
    public var reasonAgainstWorkload: String? {
        // Calico's gateway, which the host answers for.
        self == .workloadGateway ? "the workloads' gateway" : reasonAgainstHost
    }

    /// Why no host at all can have this address, be it a workload's gateway; `nil` when one can.
    public var reasonAgainstHost: String? {
        SpecialNetwork.all.first { $0.prefix.contains(self) }?.reason
    }

    /// Whether the address is valid on one link only, and every IPv6 interface has one (fe80::/10, RFC 4291 2.5.6).
    public var isLinkLocalIPv6: Bool { family == .v6 && rawValue >> 118 == 0x3fa }

    /// 169.254.1.1, by which Calico's workloads reach everything else.
    static let workloadGateway = IPAddress(family: .v4, rawValue: 0xa9fe_0101)
}

extension IPPrefix {
    /// The first of the network's addresses that no workload can have, and why; `nil` when it has none.
    public var addressAgainstWorkload: (address: IPAddress, reason: String)? {
        if contains(.workloadGateway) {
            return (.workloadGateway, "the workloads' gateway")
        }
        return SpecialNetwork.all.lazy.compactMap { special in
            if contains(special.prefix) { return (special.prefix.address, special.reason) }
            return special.prefix.contains(self) ? (address, special.reason) : nil
        }.first
    }
}

/// A network whose addresses no host has.
private struct SpecialNetwork {
    var prefix: IPPrefix
    /// What each of its addresses is.
    var reason: String

    private init(_ family: IPFamily, _ number: UInt128, _ length: Int, _ reason: String) {
        prefix = IPPrefix(IPAddress(family: family, rawValue: number), length: length)
        self.reason = reason
    }

    static let all: [Self] = [
        Self(.v4, 0, 8, "of this network (0.0.0.0/8)"), Self(.v4, 0x7f00_0000, 8, "a loopback address"),
        Self(.v4, 0xe000_0000, 4, "a multicast address"), Self(.v4, 0xffff_ffff, 32, "the broadcast address"),
        Self(.v6, 0, 128, "the unspecified address"), Self(.v6, 1, 128, "the loopback address"),
        Self(.v6, 0xffff << 32, 96, "an IPv4 address in IPv6 notation, which no packet carries"),
        Self(.v6, 0xff << 120, 8, "a multicast address"),
    ]
}
