import NetworkValues
package import Nftables
package import Routing

/// What to do to the kernel, in this order, and what to read back afterwards.
package struct Plan: Hashable, Sendable {
    package enum RoutingChange: Hashable, Sendable {
        case addRoute(Route)
        case deleteRoute(Route)
        case setNeighbour(NeighbourID, NeighbourEntry)
        case deleteNeighbour(NeighbourID)
    }

    /// Before the transaction, what no packet meets until then: chains that it will lead packets to, complete; or most sets
    /// of a table that is not there, where they have many elements. Nearly always empty.
    package var preparation = Transaction()
    /// One transaction: closed endpoints never stand open in between.
    package var transaction = Transaction()
    /// After the transaction, so that nothing flows to or from an endpoint that is not filtered yet. New routes precede
    /// the removal of old ones, so that an address that moves is always routed.
    package var routing: [RoutingChange] = []
    /// Once nothing is routed or led to it any more, what runs still is ended.
    package var flows = FlowDebt()
    /// Last: forwarding starts once all else is there.
    package var sysctls = ParameterUpdates()

    /// A table is replaced as a whole, so that all of it is read back.
    package var replacesTables = false
    package var touchedTables: Set<Table> = []
    package var touchedSets: Set<SetID> = []
    package var touchedChains: Set<ChainID> = []
    package var touchedElements = TouchedElements()

    package init() {}

    package var isEmpty: Bool { steps == 0 }

    /// The transactions of the ruleset, in their order. What no packet meets goes to the kernel in parts: one transaction
    /// with all elements of ten thousand endpoints takes megabytes, here and in the kernel.
    package var transactions: [Transaction] { preparation.parts(elements: Self.elementsOfPart) + [transaction] }

    static let elementsOfPart = 1 << 15

    /// How many things there are to do.
    package var steps: Int {
        preparation.operations.count + transaction.operations.count + routing.count + sysctls.count
            + (flows.isEmpty ? 0 : 1)
    }
}

/// The elements that a plan changes, set by set.
package struct TouchedElements: Hashable, Sendable, Sequence {
    package struct Part: Hashable, Sendable {
        package let set: SetID
        /// Each once, whatever its target.
        package let elements: ElementList
    }

    /// Each set once. A list: there are few, and they are asked for one after the other.
    package private(set) var parts: [Part] = []

    package var count: Int { parts.reduce(0) { $0 + $1.elements.count } }

    /// Adds elements of a set that is not among them.
    mutating func append(_ elements: ElementList, of set: SetID) {
        guard !elements.isEmpty else { return }
        assert(!parts.contains { $0.set == set }, "\(set) is touched twice")
        parts.append(Part(set: set, elements: elements))
    }

    package func makeIterator() -> some IteratorProtocol<ElementID> {
        parts.lazy.flatMap { part in part.elements.lazy.map { ElementID(part.set, $0) } }.makeIterator()
    }
}
