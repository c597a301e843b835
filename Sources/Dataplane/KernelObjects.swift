package import NetworkValues
package import Nftables

/// What a table is beside its contents (`NFTA_TABLE_FLAGS`). Ours has none: a dormant one filters nothing, an owned one
/// is somebody else's.
package struct TableFlags: Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let none = TableFlags(rawValue: 0)
}

/// A set or map by name.
package struct SetID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let table: Table
    package let name: String

    package init(_ table: Table, _ name: String) {
        self.table = table
        self.name = name
    }

    package var description: String { "set \(table) \(name)" }

    package static func < (left: Self, right: Self) -> Bool { (left.table, left.name) < (right.table, right.name) }
}

/// An element by its set and key; the two ends of an interval are elements of their own.
package struct ElementID: Hashable, Sendable {
    package let set: SetID
    package let key: ElementKey
    package let isIntervalEnd: Bool

    package init(_ set: SetID, _ element: Element) {
        self.set = set
        key = element.key
        isIntervalEnd = element.isIntervalEnd
    }
}

/// A chain by name.
package struct ChainID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let table: Table
    package let name: String

    package init(_ table: Table, _ name: String) {
        self.table = table
        self.name = name
    }

    package var description: String { "chain \(table) \(name)" }

    package static func < (left: Self, right: Self) -> Bool { (left.table, left.name) < (right.table, right.name) }
}

/// A chain's whole contents, in the kernel's terms.
package struct ChainContents: Hashable, Sendable {
    package let base: BaseChain?
    package let rules: [CompiledRule]

    package init(base: BaseChain?, rules: [CompiledRule]) {
        self.base = base
        self.rules = rules
    }
}

/// A permanent neighbour entry of ours, by interface and address.
package struct NeighbourID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let interfaceIndex: UInt32
    package let address: IPAddress

    package init(_ address: IPAddress, interfaceIndex: UInt32) {
        self.address = address
        self.interfaceIndex = interfaceIndex
    }

    package var description: String { "neighbour \(address) on interface \(interfaceIndex)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.interfaceIndex) < (right.address, right.interfaceIndex)
    }
}

/// A kernel parameter below `net` (`Documentation/networking/ip-sysctl.rst`).
package enum SysctlID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `net.ipv4.ip_forward`.
    case ipv4Forwarding
    /// `net.ipv4.conf.<interface>.<key>`.
    case ipv4Interface(InterfaceName, String)
    /// `net.ipv4.neigh.<interface>.<key>`.
    case ipv4Neighbour(InterfaceName, String)

    /// The path below `/proc/sys/net`. An interface name is one component of it, dots and all.
    package var path: String {
        switch self {
        case .ipv4Forwarding: "ipv4/ip_forward"
        case .ipv4Interface(let name, let key): "ipv4/conf/\(name)/\(key)"
        case .ipv4Neighbour(let name, let key): "ipv4/neigh/\(name)/\(key)"
        }
    }

    package var interface: InterfaceName? {
        switch self {
        case .ipv4Forwarding: nil
        case .ipv4Interface(let name, _), .ipv4Neighbour(let name, _): name
        }
    }

    package var description: String { "sysctl net/\(path)" }

    /// By path, so that the global switch comes after the interfaces' own.
    package static func < (left: Self, right: Self) -> Bool { left.path < right.path }
}

/// A network interface as far as programming cares.
package struct InterfaceState: Hashable, Sendable {
    package var index: UInt32
    /// Administratively up: the kernel takes routes through it only then.
    package var isUp: Bool
    /// Has a carrier as well, so that packets can flow.
    package var isRunning: Bool

    package init(index: UInt32, isUp: Bool, isRunning: Bool) {
        self.index = index
        self.isUp = isUp
        self.isRunning = isRunning
    }
}
