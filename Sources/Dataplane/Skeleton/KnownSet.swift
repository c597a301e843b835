package import Nftables

/// The sets and maps that every ruleset of ours has. All that is per endpoint and carries no verdict lives in them:
/// a data element costs the kernel the same at any size and never makes it validate chains.
package enum KnownSet: String, CaseIterable, Sendable {
    case endpoints, macs, bare
    case source4, bare4
    case dropsMAC = "drops-mac"
    case dropsIP = "drops-ip"
    case dropsND = "drops-nd"
    case dropsDHCP = "drops-dhcp"
    case dropsPolicyFrom = "drops-policy-from"
    case dropsPolicyTo = "drops-policy-to"
    case dropsHost = "drops-host"
    case from, to
    case dnat4, snat4, hairpin4
    case natExcluded4 = "nat-excluded4"
    case arpEndpoints, arpSender, arpProbe, arpBare, arpDrops, arpOwn

    package var id: SetID { SetID(table, name) }

    package var table: Table {
        switch self {
        case .arpEndpoints, .arpSender, .arpProbe, .arpBare, .arpDrops, .arpOwn: .margayARP
        default: .margay
        }
    }

    package var name: String {
        switch self {
        case .arpEndpoints: "endpoints"
        case .arpSender: "sender"
        case .arpProbe: "probe"
        case .arpBare: "bare"
        case .arpDrops: "drops"
        case .arpOwn: "own"
        default: rawValue
        }
    }

    private var key: KeyType {
        switch self {
        case .endpoints, .bare, .from, .to, .arpEndpoints, .arpDrops, .dropsMAC, .dropsIP, .dropsND, .dropsDHCP,
            .dropsPolicyFrom, .dropsPolicyTo, .dropsHost:
            [.interfaceName]
        case .macs: [.interfaceName, .etherAddress]
        case .source4: [.interfaceName, .etherAddress, .ipv4Address]
        case .bare4, .arpBare, .arpOwn: [.interfaceName, .ipv4Address]
        case .dnat4, .snat4, .natExcluded4: [.ipv4Address]
        case .hairpin4: [.ipv4Address, .ipv4Address]
        case .arpSender: [.interfaceName, .etherAddress, .etherAddress, .ipv4Address]
        case .arpProbe: [.interfaceName, .etherAddress, .etherAddress]
        }
    }

    private var mapping: NamedSet.Mapping {
        switch self {
        case .from, .to: .verdict
        case .dnat4, .snat4, .hairpin4: .data([.ipv4Address])
        default: .none
        }
    }

    private var hasCounters: Bool {
        switch self {
        case .source4, .bare4, .dropsMAC, .dropsIP, .dropsND, .dropsDHCP, .dropsPolicyFrom, .dropsPolicyTo, .dropsHost,
            .arpDrops:
            true
        default: false
        }
    }

    /// The set with room for `size` elements; interval sets take no size.
    package func definition(size: UInt32) -> NamedSet {
        let isInterval = self == .natExcluded4
        return NamedSet(
            name, key: key, mapping: mapping, isInterval: isInterval, size: isInterval ? nil : size,
            hasCounters: hasCounters)
    }
}
