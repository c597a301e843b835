package import NetworkValues
import Policy
import Resources

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
    /// Whether the kernel takes rules that log. A single one that it does not take fails the whole transaction. Not per
    /// family: a rule in an inet table needs the loggers of both (`nf_logger_find_get`), whatever it matches.
    package var canLog = true
    /// Whether the kernel lets a table be held that outlives its holder.
    package var canLock = true
    /// The host's own links with connected networks, workloads' among them, in the order of their indices; `nil` as long
    /// as nobody asks.
    package var links: [HostLink]?
    /// The host's addresses, those that IPv6 has on every link left out; empty as long as nobody asks.
    package var addresses: Set<IPAddress> = []

    package init() {}
}

extension DataplaneModel {
    /// What a person should know about the host: endpoints cannot reach what it does not forward, rules that log leave no
    /// line where it cannot, and nobody finds external addresses that it does not announce.
    package var notices: [String] {
        forwardingNotices + [loggingNotice, lockNotice, announcementNotice].compactMap(\.self)
    }

    /// What lets a kernel log that cannot. Until 5.12 there is a module for each family.
    package static let loggingRemedy =
        "modprobe nf_log_syslog, before kernel 5.13 nf_log_ipv4 and nf_log_ipv6; if there is no such module, the kernel "
        + "was built without CONFIG_NF_LOG_SYSLOG or CONFIG_NFT_LOG"

    private var loggingNotice: String? {
        guard !host.canLog, !loggingJudges.isEmpty else { return nil }
        let shown = 3
        let names = loggingJudges.sorted().map(\.policyWords)
        let list = names.prefix(shown).joined(separator: ", ") + (names.count > shown ? ", …" : "")
        return "this kernel cannot log: the Log rules of \(list) "
            + "only count (\(Self.loggingRemedy); the next resync notices)"
    }

    /// What lets a kernel hold tables that cannot.
    package static let lockRemedy = "it takes kernel 6.9 or later"

    private var lockNotice: String? {
        guard options.locksTables, !host.canLock else { return nil }
        return "lockTable has no effect on this kernel: other programs may delete our tables (\(Self.lockRemedy))"
    }

    private var forwardingNotices: [String] {
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
