import Nftables

extension DataplaneModel {
    /// What brings tables back that are gone, without what endpoints have in them: every one of them is closed until the
    /// rest has been programmed, which takes a while for thousands, instead of standing open so long.
    ///
    /// - Returns: `nil` if no table is gone, or so little was in it that all of it takes no longer.
    package func closing() -> Plan? {
        let gone = Table.owned.filter { tracker.tables.desired($0) != nil && tracker.tables.actual($0) == nil }
        guard !gone.isEmpty else { return nil }
        let elements = tracker.elements.pendingUpdates
        guard elements.keys.lazy.filter({ gone.contains($0.set.table) }).count >= Self.manyElements else { return nil }
        let skeleton = Set(Skeleton.chains(options).map(\.id))
        let known = Set(KnownSet.allCases.map(\.id))
        var plan = Plan()
        for table in gone {
            // Which interfaces are endpoints' is all that the skeleton has to know to close them.
            let members = elements.filter {
                $0.key.set.table == table && [KnownSet.endpoints.id, KnownSet.arpEndpoints.id].contains($0.key.set)
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
        _ elements: [ElementID: Element.Target], _ plan: inout Plan
    ) {
        plan.touchedTables.insert(table)
        plan.touchedSets.formUnion(sets.keys)
        plan.touchedChains.formUnion(chains.keys)
        plan.touchedElements.formUnion(elements.keys)
        add(table, sets, chains, elements, &plan.transaction)
    }
}
