package import NetworkValues

/// What of the host itself, beside its interfaces, decides what is programmed. Read anew with every resync.
package struct HostFacts: Hashable, Sendable {
    /// Families that the kernel has; IPv6 can be left out at boot (`ipv6.disable=1`).
    package var families: Set<IPFamily> = [.v4, .v6]
    /// Families whose packets the kernel forwards between interfaces at present.
    package var forwarding: Set<IPFamily> = []
    /// `net.ipv4.conf.all.rp_filter`: unless 0, an interface's own 0 has no effect, the greater of both counts.
    package var reversePathFilter = 0
    /// Gateways among ``DataplaneModel/explicitGateways`` to which a route of the host's own leads, so that the kernel
    /// answers ARP for them by proxy or as its own.
    package var coveredGateways: Set<IPAddress> = []
    /// Interfaces that take router advertisements now and would stop once IPv6 is forwarded (`accept_ra` is 1): the
    /// host's default route may come from one.
    package var advertisementInterfaces: Set<InterfaceName> = []

    package init() {}
}

extension DataplaneModel {
    /// What a person should know about the host: endpoints cannot reach what it does not forward.
    package var notices: [String] {
        IPFamily.allCases.filter { family in
            isUsed(family) && !host.forwarding.contains(family)
                && !tracker.sysctls.isSettled(.forwarding(family))
        }.map { family in
            let sysctl = SysctlID.forwarding(family)
            let number = family == .v4 ? 4 : 6
            let remedy =
                options.managesForwarding
                ? "margay could not switch it on" : "manageForwarding is false; set it, or \(sysctl) to 1"
            return "IPv\(number) forwarding is off: endpoints reach the host alone (\(remedy))"
        }
    }
}
