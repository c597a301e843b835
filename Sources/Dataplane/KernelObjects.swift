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
