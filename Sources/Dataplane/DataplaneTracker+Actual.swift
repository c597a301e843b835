package import NetworkValues
package import Nftables
package import Routing

/// What the kernel was seen to hold of one table.
package struct TableSnapshot: Hashable, Sendable {
    package var states: [Table: TableState] = [:]
    package var sets: [SetID: NamedSet] = [:]
    package var chains: [ChainID: ChainContents] = [:]
    package var elements = ElementMap()

    package init() {}
}

/// What the kernel was seen to hold of all that is ours.
package struct DataplaneSnapshot: Hashable, Sendable {
    package var tables = TableSnapshot()
    package var routes: Set<Route> = []
    package var neighbours: [NeighbourID: NeighbourEntry] = [:]
    /// Only those that are wanted count: the others are the host's own business.
    package var sysctls: [SysctlID: String] = [:]
    /// The ruleset's generation at which the tables were read; `nil` when it did not stand still.
    package var generation: UInt32?
    /// The tables were not read, for they are as the tracker knows them: see ``DataplaneTracker/generation``.
    package var hasKnownTables = false

    package init() {}
}

/// An object that was found changed by somebody else.
package struct Drift: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable {
        case deleted, altered, foreign
    }

    package let object: ObjectID
    package let change: Change

    package init(object: ObjectID, change: Change) {
        self.object = object
        self.change = change
    }
}

extension DataplaneTracker {
    /// What is there is now exactly what was read. Returns where that differs from what was believed.
    @discardableResult
    package mutating func observe(_ snapshot: DataplaneSnapshot) -> [Drift] {
        guard snapshot.hasKnownTables else {
            generation = snapshot.generation
            return observeWithTables(snapshot)
        }
        return observe(routes: snapshot.routes, neighbours: snapshot.neighbours) + observe(wanted: snapshot.sysctls)
    }

    private mutating func observe(wanted parameters: [SysctlID: String]) -> [Drift] {
        let wanted = parameters.filter { sysctls.desired($0.key) != nil }
        return Self.observe(&sysctls, wanted) { .sysctl($0) }
    }

    private mutating func observeWithTables(_ snapshot: DataplaneSnapshot) -> [Drift] {
        var drift: [Drift] = []
        drift += Self.observe(&tables, snapshot.tables.states) { .table($0) }
        drift += Self.observe(&sets, snapshot.tables.sets) { .set($0) }
        drift += Self.observe(&chains, snapshot.tables.chains) { .chain($0) }
        drift += observe(snapshot.tables.elements, among: nil)
        drift += observe(routes: snapshot.routes, neighbours: snapshot.neighbours)
        drift += observe(wanted: snapshot.sysctls)
        adoptSizes()
        return Drift.withoutContents(drift)
    }

    /// The same for routes and neighbours alone.
    package mutating func observe(routes found: Set<Route>, neighbours entries: [NeighbourID: NeighbourEntry])
        -> [Drift]
    {
        Self.observe(&routes, Dictionary(uniqueKeysWithValues: found.map { ($0, Present()) })) { .route($0) }
            + Self.observe(&neighbours, entries) { .neighbour($0) }
    }

    /// The same for elements.
    /// - Parameter sets: The sets that were read; `nil` for all.
    mutating func observe(_ found: ElementMap, among sets: Set<SetID>?) -> [Drift] {
        var drift: [Drift] = []
        for set in sets ?? Set(found.setIDs).union(elements.sets) {
            elements.read(set, as: found.elements(of: set)) { drift.append($0) }
        }
        return drift
    }

    /// - Parameter keys: Those that `contents` tells of, even where it leaves them out; `nil` for all.
    static func observe<Key, Value>(
        _ tracker: inout some ObjectTracker<Key, Value>, _ contents: [Key: Value], among keys: [Key]? = nil,
        _ id: (Key) -> ObjectID
    ) -> [Drift] {
        let before = keys.map { Set($0.filter { tracker.actual($0) != nil }) } ?? Set(tracker.actualKeys)
        return tracker.replaceActual(with: contents, among: before).compactMap { key in
            let change: Drift.Change
            switch (before.contains(key), contents[key]) {
            case (false, _): change = .foreign
            case (true, nil): change = .deleted
            default: change = .altered
            }
            // What is now as it should be needs no repair, whoever made it so.
            guard !tracker.isSettled(key), tracker.desired(key) != nil || tracker.actual(key) != nil else {
                return nil
            }
            return Drift(object: id(key), change: change)
        }
    }

    package mutating func observe(_ table: Table, _ state: TableState?) { tables.setActual(state, for: table) }

    package mutating func observe(_ id: ChainID, _ contents: ChainContents?) { chains.setActual(contents, for: id) }

    /// Of the touched elements of a set, those are there that were found, and no others.
    /// - Parameter found: All elements of the set. Those that were not touched say nothing.
    package mutating func observe(_ touched: ElementList, of set: SetID, among found: ElementList) {
        elements.observe(touched, of: set, among: found)
    }

    package mutating func observe(_ id: SetID, _ definition: NamedSet?) { sets.setActual(definition, for: id) }

    package mutating func observe(_ route: Route, isPresent: Bool) {
        routes.setActual(isPresent ? Present() : nil, for: route)
    }

    package mutating func observe(_ id: NeighbourID, _ entry: NeighbourEntry?) { neighbours.setActual(entry, for: id) }

    package mutating func observe(_ id: SysctlID, _ value: String?) { sysctls.setActual(value, for: id) }

    /// The interface has a new index or is gone: the kernel has forgotten its parameters.
    package mutating func forgetSysctls(of interface: InterfaceName) {
        sysctls.forgetActual(of: interface)
    }
}
