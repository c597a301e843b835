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

    package static func < (left: Self, right: Self) -> Bool { (left.table, left.name) < (right.table, right.name) }
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

/// A chain's whole contents, in the kernel's terms.
package struct ChainContents: Hashable, Sendable {
    package let base: BaseChain?
    package let rules: [CompiledRule]
    /// The rules as nft spells them, comments left out; empty for a chain that was read from the kernel.
    package let ruleTexts: [String]

    package init(base: BaseChain?, rules: [CompiledRule], ruleTexts: [String] = []) {
        self.base = base
        self.rules = rules
        self.ruleTexts = ruleTexts
    }

    /// Chains are compared by what the kernel runs, never by text.
    package static func == (left: Self, right: Self) -> Bool { left.base == right.base && left.rules == right.rules }

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

    package var description: String { "sysctl net/\(path)" }

    /// As their paths, but who takes advertisements first and the global switches last: what makes forwarding harmless
    /// comes before anything forwards, be it a single interface. Paths themselves are not compared: ten thousand endpoints
    /// have seventy thousand.
    package static func < (left: Self, right: Self) -> Bool { left.place < right.place }

    private var place: (Int, IPFamily, Int, String, String) {
        switch self {
        case .interface(let family, let name, let key): (key == "accept_ra" ? 0 : 1, family, 0, name.rawValue, key)
        case .neighbour(let family, let name, let key): (1, family, 1, name.rawValue, key)
        case .forwarding(let family): (2, family, 0, "", "")
        }
    }
}
