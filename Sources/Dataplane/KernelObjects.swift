package import NetworkValues
package import Nftables

/// A set or map by name.
package struct SetID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A set of ours has one case only, so that nearly every identity is a byte that is copied and compared as such.
    private enum Content: Hashable, Sendable {
        case known(KnownSet)
        case other(Table, String)
    }

    private let content: Content

    package init(_ table: Table, _ name: String) {
        content = KnownSet(table, name).map { .known($0) } ?? .other(table, name)
    }

    init(_ set: KnownSet) {
        content = .known(set)
    }

    package var table: Table {
        switch content {
        case .known(let set): set.table
        case .other(let table, _): table
        }
    }

    package var name: String {
        switch content {
        case .known(let set): set.name
        case .other(_, let name): name
        }
    }

    /// The set of every ruleset of ours that it is; `nil` for any other.
    package var known: KnownSet? {
        if case .known(let set) = content { set } else { nil }
    }

    package var description: String { "set \(table) \(name)" }

    package static func < (left: Self, right: Self) -> Bool {
        if let one = left.known, let other = right.known { return one.rank < other.rank }
        return (left.table, left.name) < (right.table, right.name)
    }
}

/// An element by its set and key; the two ends of an interval are elements of their own.
package struct ElementID: Hashable, Sendable {
    package let set: SetID
    /// Without a target.
    private let element: Element

    package init(_ set: SetID, _ element: Element) {
        self.set = set
        self.element = element.isUntargeted ? element : element.leading(to: .none)
    }

    package var key: ElementKey { element.key }
    package var isIntervalEnd: Bool { element.isIntervalEnd }
    package var lastKey: ElementKey? { element.lastKey }

    /// Whether it is neither a range nor the end of one.
    var isKeyAlone: Bool { element.isKeyAlone }

    /// The element itself, with this target.
    package func element(target: Element.Target = .none) -> Element { element.leading(to: target) }
}

/// A chain by name.
package struct ChainID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let table: Table
    package let name: String

    package init(_ table: Table, _ name: String) {
        self.table = table
        self.name = name
    }

    /// Of the table the family alone: names differ, tables hardly ever do.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(table.family.rawValue)
        hasher.combine(name)
    }

    package var description: String { "chain \(table) \(name)" }

    package static func < (left: Self, right: Self) -> Bool { (left.table, left.name) < (right.table, right.name) }
}

/// A chain's whole contents, in the kernel's terms. Behind a reference: thousands of chains have the same.
package struct ChainContents: Hashable, Sendable {
    private final class Shared: Sendable {
        let base: BaseChain?
        let rules: [CompiledRule]
        let ruleTexts: [String]

        init(_ base: BaseChain?, _ rules: [CompiledRule], _ ruleTexts: [String]) {
            (self.base, self.rules, self.ruleTexts) = (base, rules, ruleTexts)
        }
    }

    private let shared: Shared

    package var base: BaseChain? { shared.base }
    package var rules: [CompiledRule] { shared.rules }
    /// The rules as nft spells them, comments left out; empty for a chain that was read from the kernel.
    package var ruleTexts: [String] { shared.ruleTexts }

    package init(base: BaseChain?, rules: [CompiledRule], ruleTexts: [String] = []) {
        shared = Shared(base, rules, ruleTexts)
    }

    /// Chains are compared by what the kernel runs, never by text.
    package static func == (left: Self, right: Self) -> Bool {
        left.shared === right.shared || left.base == right.base && left.rules == right.rules
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(base)
        hasher.combine(rules)
    }
}

/// A neighbour entry of ours, by interface and address. Proxy entries are a table of their own: one address may have
/// both.
package struct NeighbourID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let interfaceIndex: UInt32
    package let address: IPAddress
    package let isProxy: Bool

    package init(_ address: IPAddress, interfaceIndex: UInt32, isProxy: Bool = false) {
        self.address = address
        self.interfaceIndex = interfaceIndex
        self.isProxy = isProxy
    }

    package var description: String {
        "neighbour \(isProxy ? "proxy " : "")\(address) on interface \(interfaceIndex)"
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.interfaceIndex, left.isProxy ? 1 : 0)
            < (right.address, right.interfaceIndex, right.isProxy ? 1 : 0)
    }
}

/// What a neighbour entry says.
package enum NeighbourEntry: Hashable, Sendable, CustomStringConvertible {
    /// The neighbour has this link-layer address, whatever the network says.
    case permanent(MACAddress)
    /// The host answers for the address, as a router or not.
    case proxy(isRouter: Bool)

    package var description: String {
        switch self {
        case .permanent(let address): "lladdr \(address)"
        case .proxy(let isRouter): isRouter ? "proxy router" : "proxy"
        }
    }
}

/// A kernel parameter below `net` (`Documentation/networking/ip-sysctl.rst`).
package enum SysctlID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `net.ipv4.ip_forward`, `net.ipv6.conf.all.forwarding`.
    case forwarding(IPFamily)
    /// `net.<family>.conf.<interface>.<key>`.
    case interface(IPFamily, InterfaceName, String)
    /// `net.<family>.neigh.<interface>.<key>`.
    case neighbour(IPFamily, InterfaceName, String)

    /// The path below `/proc/sys/net`. An interface name is one component of it, dots and all.
    package var path: String {
        switch self {
        case .forwarding(.v4): "ipv4/ip_forward"
        case .forwarding(.v6): "ipv6/conf/all/forwarding"
        case .interface(let family, let name, let key): "ip\(family.rawValue)/conf/\(name.rawValue)/\(key)"
        case .neighbour(let family, let name, let key): "ip\(family.rawValue)/neigh/\(name.rawValue)/\(key)"
        }
    }

    package var interface: InterfaceName? {
        switch self {
        case .forwarding: nil
        case .interface(_, let name, _), .neighbour(_, let name, _): name
        }
    }

    /// All that endpoints and links of the host's own have among an interface's parameters.
    static func all(of name: InterfaceName) -> [SysctlID] {
        IPFamily.allCases.flatMap { family in
            interfaceKeys.map { .interface(family, name, $0) } + [.neighbour(family, name, "proxy_delay")]
        }
    }

    private static let interfaceKeys = [
        "forwarding", "proxy_arp", "accept_source_route", "rp_filter", "accept_ra", "proxy_ndp",
    ]

    /// The key counts by its length and its first letter: there are few.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .forwarding(let family): hasher.combine(family)
        case .interface(let family, let name, let key), .neighbour(let family, let name, let key):
            hasher.combine(name)
            hasher.combine(key.utf8.count << 9 | Int(key.utf8.first ?? 0) << 1 | (family == .v4 ? 0 : 1))
        }
    }

    package var description: String { "sysctl net/\(path)" }

    /// As their paths, but who takes advertisements first and the global switches last: what makes forwarding harmless
    /// comes before anything forwards, be it a single interface.
    package static func < (left: Self, right: Self) -> Bool {
        let (first, second) = (left.place, right.place)
        return first == second ? left.key < right.key : first < second
    }

    /// Ten thousand endpoints have seventy thousand, so each one's place is worked out once.
    static func sorted<Value>(_ entries: [(key: SysctlID, value: Value)]) -> [(key: SysctlID, value: Value)] {
        entries.indices.map { (place: entries[$0].key.place, index: $0) }
            .sorted { left, right in
                left.place == right.place
                    ? entries[left.index].key.key < entries[right.index].key.key : left.place < right.place
            }
            .map { entries[$0.index] }
    }

    private var key: String {
        switch self {
        case .interface(_, _, let key), .neighbour(_, _, let key): key
        case .forwarding: ""
        }
    }

    /// All but the key.
    private struct Place: Comparable {
        let group: UInt8
        let name: UInt128

        init(_ rank: UInt8, _ family: IPFamily, _ kind: UInt8, _ name: InterfaceName?) {
            group = rank << 2 | (family == .v4 ? 0 : 2) | kind
            self.name = name?.bits ?? 0
        }

        static func < (left: Self, right: Self) -> Bool {
            left.group == right.group ? left.name < right.name : left.group < right.group
        }
    }

    private var place: Place {
        switch self {
        case .interface(let family, let name, let key): Place(key == "accept_ra" ? 0 : 1, family, 0, name)
        case .neighbour(let family, let name, _): Place(1, family, 1, name)
        case .forwarding(let family): Place(2, family, 0, nil)
        }
    }
}
