import Nftables

extension DataplaneModel {
    /// What brings tables back that are gone, without what endpoints have in them: every one of them is closed until the
    /// rest has been programmed, which takes a while for thousands, instead of standing open so long.
    ///
    /// - Returns: `nil` if no table is gone, or so little was in it that all of it takes no longer.
    package func closing() -> Plan? {
        let gone = Table.owned.filter { tracker.tables.desired($0) != nil && tracker.tables.actual($0) == nil }
        guard !gone.isEmpty else { return nil }
        let count = tracker.elements.pendingSets.filter { gone.contains($0.table) }
            .reduce(0) { $0 + tracker.elements.changes(of: $1).updates.count }
        guard count >= Self.manyElements else { return nil }
        let skeleton = Set(skeleton.keys)
        let known = Set(KnownSet.allCases.map(\.id))
        var plan = Plan()
        for table in gone {
            // Which interfaces are endpoints' is all that the skeleton has to know to close them.
            let members = [KnownSet.endpoints, .arpEndpoints].filter { $0.table == table }.map { set in
                Planner.ordered(set.id, tracker.elements.changes(of: set).updates, tracker)
            }
            plan.transaction.append(Planner.addition(of: table, tracker))
            Planner.begin(
                table, tracker.sets.pendingUpdates.filter { $0.key.table == table && known.contains($0.key) },
                tracker.chains.pendingUpdates.filter { $0.key.table == table && skeleton.contains($0.key) },
                members, &plan)
        }
        return plan
    }

    private static var manyElements: Int { 2000 }
}

extension Planner {
    /// Fills a table that was made just before.
    fileprivate static func begin(
        _ table: Table, _ sets: [SetID: NamedSet], _ chains: [ChainID: ChainContents],
        _ elements: [(set: SetID, elements: ElementList)], _ plan: inout Plan
    ) {
        plan.touchedTables.insert(table)
        plan.touchedSets.formUnion(sets.keys)
        plan.touchedChains.formUnion(chains.keys)
        for (set, members) in elements { plan.touchedElements.append(members, of: set) }
        add(table, sets, sorted(chains), elements, &plan.transaction)
    }
}
