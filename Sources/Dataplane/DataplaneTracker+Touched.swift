package import Nftables

/// Where to look for what somebody may have changed.
package struct TouchedObjects: Hashable, Sendable {
    /// All of these.
    package var tables: Set<Table> = []
    package var chains: Set<ChainID> = []
    /// With their elements.
    package var sets: Set<SetID> = []

    package init() {}

    package var isEmpty: Bool { tables.isEmpty && chains.isEmpty && sets.isEmpty }

    /// Whether anything of it is in the table.
    package func concerns(_ table: Table) -> Bool {
        tables.contains(table) || chains.contains { $0.table == table } || sets.contains { $0.table == table }
    }

    func contains(_ id: ChainID) -> Bool { chains.contains(id) || tables.contains(id.table) }

    func contains(_ id: SetID) -> Bool { sets.contains(id) || tables.contains(id.table) }
}

extension DataplaneTracker {
    /// Of what was touched, that is there now which was read and no more. Returns where it differs from what was
    /// believed.
    package mutating func observe(_ snapshot: TableSnapshot, of touched: TouchedObjects) -> [Drift] {
        var drift: [Drift] = []
        drift += Self.observe(&tables, snapshot.states, among: Array(touched.tables)) { .table($0) }
        // Of a table that was touched as a whole, all that was there; else no more than what was named.
        let isWhole = !touched.tables.isEmpty
        let touchedSets = isWhole ? sets.actualKeys.filter { touched.contains($0) } : Array(touched.sets)
        let touchedChains = isWhole ? chains.actualKeys.filter { touched.contains($0) } : Array(touched.chains)
        drift += Self.observe(&sets, snapshot.sets, among: touchedSets + snapshot.sets.keys) { .set($0) }
        drift += Self.observe(&chains, snapshot.chains, among: touchedChains + snapshot.chains.keys) { .chain($0) }
        drift += observe(
            snapshot.elements,
            among: Set(snapshot.elements.setIDs)
                .union(isWhole ? elements.sets.filter { touched.contains($0) } : Array(touched.sets)))
        adoptSizes()
        return Drift.withoutContents(drift)
    }

    /// The same for kernel parameters.
    package mutating func observe(_ values: [SysctlID: String]) -> [Drift] {
        Self.observe(&sysctls, values, among: Array(values.keys)) { .sysctl($0) }
    }
}

extension Drift {
    /// Leaves out what went with its table or its set: one repair is what a person did, not what hung on it.
    static func withoutContents(_ drift: [Drift]) -> [Drift] {
        var tables: Set<Table> = []
        var sets: Set<SetID> = []
        for item in drift where item.change == .deleted {
            switch item.object {
            case .table(let table): tables.insert(table)
            case .set(let set): sets.insert(set)
            default: break
            }
        }
        guard !tables.isEmpty || !sets.isEmpty else { return drift }
        return drift.filter { item in
            switch item.object {
            case .set(let set): !tables.contains(set.table)
            case .chain(let chain): !tables.contains(chain.table)
            case .element(let element): !tables.contains(element.set.table) && !sets.contains(element.set)
            case .table, .route, .neighbour, .sysctl: true
            }
        }
    }
}
