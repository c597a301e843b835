import NetworkValues
package import Nftables

/// The sets and maps that every ruleset of ours has. All that is per endpoint and carries no verdict lives in them:
/// a data element costs the kernel the same at any size and never makes it validate chains.
package enum KnownSet: String, CaseIterable, Sendable {
    case endpoints, macs, bare
    case source4, source6, bare4, bare6, wide4, wide6
    /// What a message may claim inside: an endpoint's own MAC, its own addresses and its own networks.
    case ownMACs = "own-macs"
    case ownTargets = "own-targets"
    case ownTargetsWide = "own-targets-wide"
    case dropsMAC = "drops-mac"
    case dropsIP = "drops-ip"
    case dropsND = "drops-nd"
    case dropsRA = "drops-ra"
    case dropsDHCP = "drops-dhcp"
    case dropsPolicyFrom = "drops-policy-from"
    case dropsPolicyTo = "drops-policy-to"
    case dropsHost = "drops-host"
    case from, to
    case dnat4, dnat6, snat4, snat6, hairpin4, hairpin6
    case natExcluded4 = "nat-excluded4"
    case natExcluded6 = "nat-excluded6"
    case arpEndpoints, arpSender, arpProbe, arpBare, arpWide, arpBareWide, arpDrops, arpOwn, arpGateways

    package var id: SetID { SetID(self) }

    package var table: Table { arpName == nil ? .margay : .margayARP }

    package var name: String { arpName ?? rawValue }

    /// The one of that name; `nil` where there is none.
    init?(_ table: Table, _ name: String) {
        guard let set = Self.byName[table]?[name] else { return nil }
        self = set
    }

    /// Its place among all.
    @inline(__always)
    var ordinal: Int { Int(unsafeBitCast(self, to: UInt8.self)) }

    /// Its place among all in the order of their tables and names.
    var rank: Int { Self.ranks[ordinal] }

    /// All, in the order of their tables and names.
    static let inOrder = allCases.sorted { ($0.table, $0.name) < ($1.table, $1.name) }

    private static let ranks = inOrder.indices.reduce(into: [Int](repeating: 0, count: allCases.count)) {
        $0[inOrder[$1].ordinal] = $1
    }

    @inline(__always)
    init(ordinal: Int) {
        precondition(ordinal < Self.count, "no set has the ordinal \(ordinal)")
        self = unsafeBitCast(UInt8(truncatingIfNeeded: ordinal), to: KnownSet.self)
    }

    private static let count = allCases.count

    private static let byName = Dictionary(grouping: allCases, by: \.table).mapValues { sets in
        Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) })
    }

    /// The name of a set of the arp table, which may be that of one in the other table.
    private var arpName: String? {
        switch self {
        case .arpEndpoints: "endpoints"
        case .arpSender: "sender"
        case .arpProbe: "probe"
        case .arpBare: "bare"
        case .arpWide: "wide"
        case .arpBareWide: "bare-wide"
        case .arpDrops: "drops"
        case .arpOwn: "own"
        case .arpGateways: "gateways"
        default: nil
        }
    }

    private var key: KeyType {
        switch self {
        case .endpoints, .bare, .from, .to, .arpEndpoints, .arpDrops, .dropsMAC, .dropsIP, .dropsND, .dropsRA,
            .dropsDHCP, .dropsPolicyFrom, .dropsPolicyTo, .dropsHost:
            [.interfaceName]
        case .macs: [.interfaceName, .etherAddress]
        case .source4: [.interfaceName, .etherAddress, .ipv4Address]
        case .source6: [.interfaceName, .etherAddress, .ipv6Address]
        case .bare4, .wide4, .arpBare, .arpWide, .arpBareWide, .arpOwn: [.interfaceName, .ipv4Address]
        case .bare6, .wide6: [.interfaceName, .ipv6Address]
        // Named for the place in a solicitation or an advertisement; whatever has the same length may be looked up.
        case .ownMACs: [.interfaceName, .transportBytes(offset: 26, length: 6)]
        case .ownTargets, .ownTargetsWide: [.interfaceName, .transportBytes(offset: 8, length: 16)]
        case .dnat4, .snat4, .natExcluded4, .arpGateways: [.ipv4Address]
        case .dnat6, .snat6, .natExcluded6: [.ipv6Address]
        case .hairpin4: [.ipv4Address, .ipv4Address]
        case .hairpin6: [.ipv6Address, .ipv6Address]
        case .arpSender: [.interfaceName, .etherAddress, .etherAddress, .ipv4Address]
        case .arpProbe: [.interfaceName, .etherAddress, .etherAddress]
        }
    }

    private var mapping: NamedSet.Mapping {
        switch self {
        case _ where isVerdictMap: .verdict
        case .dnat4, .snat4, .hairpin4: .data([.ipv4Address])
        case .dnat6, .snat6, .hairpin6: .data([.ipv6Address])
        default: .none
        }
    }

    var isVerdictMap: Bool { self == .from || self == .to }

    var isInterval: Bool {
        switch self {
        case .wide4, .wide6, .ownTargetsWide, .natExcluded4, .natExcluded6, .arpWide, .arpBareWide: true
        default: false
        }
    }

    /// What lets packets leave counts them, and so does what drops them.
    private var hasCounters: Bool {
        Self.passing.contains(self) || rawValue.hasPrefix("drops-") || self == .arpDrops
    }

    /// The sets by which packets pass the source filter.
    package static let passing: [Self] = [.source4, .source6, .bare4, .bare6, .wide4, .wide6]

    /// The set with room for `size` elements; interval sets take no size.
    package func definition(size: UInt32) -> NamedSet {
        NamedSet(
            name, key: key, mapping: mapping, isInterval: isInterval, size: isInterval ? nil : size,
            hasCounters: hasCounters)
    }

    /// The one of two sets that holds what is of `family`.
    static func source(_ family: IPFamily) -> Self { family == .v4 ? .source4 : .source6 }
    static func bare(_ family: IPFamily) -> Self { family == .v4 ? .bare4 : .bare6 }
    static func wide(_ family: IPFamily) -> Self { family == .v4 ? .wide4 : .wide6 }
    static func dnat(_ family: IPFamily) -> Self { family == .v4 ? .dnat4 : .dnat6 }
    static func snat(_ family: IPFamily) -> Self { family == .v4 ? .snat4 : .snat6 }
    static func hairpin(_ family: IPFamily) -> Self { family == .v4 ? .hairpin4 : .hairpin6 }
    static func natExcluded(_ family: IPFamily) -> Self { family == .v4 ? .natExcluded4 : .natExcluded6 }
}

/// Some of our sets.
struct KnownSets: Hashable, Sendable, Sequence {
    /// A bit for each, by ``KnownSet/ordinal``.
    let bits: UInt64

    init(bits: UInt64) { self.bits = bits }

    init(_ sets: [KnownSet]) { bits = sets.reduce(0) { $0 | 1 << $1.ordinal } }

    var count: Int { bits.nonzeroBitCount }

    @inline(__always)
    func contains(_ set: KnownSet) -> Bool { bits & 1 << set.ordinal != 0 }

    func makeIterator() -> Iterator { Iterator(left: bits) }

    struct Iterator: IteratorProtocol {
        fileprivate var left: UInt64

        @inline(__always)
        mutating func next() -> KnownSet? {
            guard left != 0 else { return nil }
            defer { left &= left - 1 }
            return KnownSet(ordinal: left.trailingZeroBitCount)
        }
    }
}
