import Dataplane
package import Netlink
import NetworkValues
package import Nftables
import NftablesNetlink
import Routing

/// What the kernel has counted for one interface.
package struct InterfaceCounters: Hashable, Sendable {
    /// By the link's transmit counters: what the host sends is what the workload receives.
    package var toWorkload = CounterValue()
    /// What passed the source filter.
    package var fromWorkload = CounterValue()
    package var drops: [DropReason: UInt64] = [:]

    package init() {}
}

/// Why packets of an endpoint were dropped.
package enum DropReason: String, Hashable, Sendable, CaseIterable {
    case mac, ip, arp, nd, ra, dhcp, policy, host

    var sets: [KnownSet] {
        switch self {
        case .mac: [.dropsMAC]
        case .ip: [.dropsIP]
        case .arp: [.arpDrops]
        case .nd: [.dropsND]
        case .ra: [.dropsRA]
        case .dhcp: [.dropsDHCP]
        case .policy: [.dropsPolicyFrom, .dropsPolicyTo]
        case .host: [.dropsHost]
        }
    }
}

extension LinuxDataplane {
    /// The counters of all interfaces that are there or that our sets name.
    package mutating func counters() throws(NetlinkError) -> [String: InterfaceCounters] {
        var counters: [String: InterfaceCounters] = [:]
        for link in try routing.links(withStatistics: true) {
            guard let statistics = link.statistics else { continue }
            counters[link.name, default: InterfaceCounters()].toWorkload = CounterValue(
                packets: statistics.transmittedPackets, bytes: statistics.transmittedBytes)
        }
        for set in KnownSet.passing {
            try forEachCounter(in: set) { name, value in
                let sum = counters[name, default: InterfaceCounters()].fromWorkload + value
                counters[name, default: InterfaceCounters()].fromWorkload = sum
            }
        }
        for reason in DropReason.allCases {
            for set in reason.sets {
                try forEachCounter(in: set) { name, value in
                    counters[name, default: InterfaceCounters()].drops[reason, default: 0] += value.packets
                }
            }
        }
        return counters
    }

    /// The rules of one of our chains, with what they have counted; none if there is no such chain.
    package mutating func countedRules(of chain: String) throws(NetlinkError) -> [CountedRule] {
        try nftables.countedRules(in: .margay, chain: chain)[chain] ?? []
    }

    /// Every key of these sets starts with an interface name.
    private mutating func forEachCounter(
        in set: KnownSet, _ body: (String, CounterValue) -> Void
    ) throws(NetlinkError) {
        for listed in try nftables.elements(of: set.name, in: set.table) ?? [] {
            guard let counter = listed.counter else { continue }
            body(listed.element.key.interfaceName, counter)
        }
    }
}
