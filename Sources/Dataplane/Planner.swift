import NetworkValues
import Nftables
import Routing

/// From what differs to what to do about it.
package enum Planner {
    package static func plan(_ tracker: DataplaneTracker) -> Plan {
        var plan = Plan()
        if tracker.tables.hasPending || tracker.sets.hasPending || tracker.chains.hasPending
            || tracker.elements.hasPending
        {
            let replaced = tablesToReplace(tracker)
            for table in Table.owned {
                if replaced.contains(table) {
                    replace(table, tracker, &plan)
                } else if tracker.tables.desired(table) == nil, tracker.tables.actual(table) != nil {
                    plan.replacesTables = true
                    plan.transaction.append(.deleteTable(table))
                } else {
                    change(table, tracker, &plan)
                }
            }
        }
        planRouting(tracker, &plan)
        plan.sysctls = tracker.sysctls.pendingUpdates.sorted { $0.key < $1.key }
            .map { Plan.SysctlChange(id: $0.key, value: $0.value) }
        return plan
    }

    /// Tables in which something has to change that cannot change in place: the table's flags, a set's definition, a plain
    /// interval set's ranges, a base chain's place in the packet path.
    private static func tablesToReplace(_ tracker: DataplaneTracker) -> Set<Table> {
        var tables = Set(tracker.tables.pendingUpdates.keys.filter { tracker.tables.actual($0) != nil })
        for (id, _) in tracker.sets.pendingUpdates where tracker.sets.actual(id) != nil {
            tables.insert(id.table)
        }
        // Moving one bound of a range takes deletions and additions that the kernel sees as overlapping in between.
        let changedElements = [
            Array(tracker.elements.pendingUpdates.keys), tracker.elements.pendingDeletions.map(\.key),
        ]
        for id in changedElements.joined() {
            if let set = tracker.sets.actual(id.set), set.isInterval, !set.key.isConcatenation,
                tracker.sets.desired(id.set) != nil
            {
                tables.insert(id.set.table)
            }
        }
        for (id, contents) in tracker.chains.pendingUpdates {
            if let actual = tracker.chains.actual(id), actual.base != contents.base {
                tables.insert(id.table)
            }
        }
        return tables
    }

    /// Deletes the table and makes it anew in the same transaction: packets meet the old one or the new one.
    private static func replace(_ table: Table, _ tracker: DataplaneTracker, _ plan: inout Plan) {
        plan.replacesTables = true
        // Adding first makes the deletion succeed even if somebody has deleted the table since it was read.
        plan.transaction.append(.addTable(table))
        plan.transaction.append(.deleteTable(table))
        plan.transaction.append(.addTable(table))
        let sets = tracker.sets.desiredKeys.filter { $0.table == table }.sorted()
        let chains = tracker.chains.desiredKeys.filter { $0.table == table }.sorted()
            .compactMap { id in tracker.chains.desired(id).map { (id.name, $0) } }
        let elements = tracker.elements.desiredKeys.filter { $0.set.table == table }
        add(table, sets: sets.compactMap(tracker.sets.desired), chains: chains, &plan.transaction)
        addRules(table, chains, &plan.transaction)
        addElements(elements.compactMap { id in tracker.elements.desired(id).map { (id, $0) } }, &plan.transaction)
    }

    /// Order within the transaction: the kernel refuses what leads to something that is not there yet, and the removal
    /// of what something still leads to.
    private static func change(_ table: Table, _ tracker: DataplaneTracker, _ plan: inout Plan) {
        var sets = tracker.sets.pendingUpdates.filter { $0.key.table == table }.sorted { $0.key < $1.key }
        var chains = tracker.chains.pendingUpdates.filter { $0.key.table == table }.sorted { $0.key < $1.key }
        var elements = tracker.elements.pendingUpdates.filter { $0.key.set.table == table }
        let deadSets = tracker.sets.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        let deadChains = tracker.chains.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        // The elements of a set that goes, go with it.
        let deadElements = tracker.elements.pendingDeletions.filter {
            $0.key.set.table == table && (tracker.sets.desired($0.key.set) != nil)
        }.map { (id: $0.key, target: $0.value) }
        guard
            tracker.tables.actual(table) == nil && tracker.tables.desired(table) != nil
                || !(sets.isEmpty && chains.isEmpty && elements.isEmpty && deadSets.isEmpty && deadChains.isEmpty
                    && deadElements.isEmpty)
        else { return }
        plan.touchedTables.insert(table)
        plan.touchedSets.formUnion(sets.map(\.key) + deadSets)
        plan.touchedChains.formUnion(chains.map(\.key) + deadChains)
        plan.touchedElements.formUnion(elements.map(\.key) + deadElements.map(\.id))
        plan.touchedElements.formUnion(
            tracker.elements.pendingDeletions.map(\.key).filter { deadSets.contains($0.set) })

        if leadsToNewChain(elements, tracker) {
            let newSets = Set(sets.map(\.key))
            let newChains = chains.filter { isNew($0.key, tracker) && $0.value.base == nil }
                .map { ($0.key.name, $0.value) }
            add(table, sets: sets.map(\.value), chains: newChains, &plan.preparation)
            addRules(table, newChains, &plan.preparation)
            addElements(
                elements.filter { newSets.contains($0.key.set) }.map { ($0.key, $0.value) }, &plan.preparation)
            sets = []
            chains.removeAll { isNew($0.key, tracker) && $0.value.base == nil }
            elements = elements.filter { !newSets.contains($0.key.set) }
        }
        plan.transaction.append(.addTable(table))
        add(
            table, sets: sets.map(\.value),
            chains: chains.filter { isNew($0.key, tracker) }.map { ($0.key.name, $0.value) }, &plan.transaction)
        // A changed target takes a deletion and an addition: adding alone fails with EEXIST.
        let changed = elements.compactMap { id, _ in
            tracker.elements.actual(id).map { (id: id, target: $0) }
        }
        for (set, members) in grouped(deadElements + changed) {
            plan.transaction.append(.deleteElements(table, set: set.name, members))
        }
        for (id, _) in chains where !isNew(id, tracker) {
            plan.transaction.append(.flushChain(table, id.name))
        }
        addRules(table, chains.map { ($0.key.name, $0.value) }, &plan.transaction)
        addElements(elements.map { ($0.key, $0.value) }, &plan.transaction)
        // Dead chains may lead to each other, look up dead sets, and be led to by their elements: chains are emptied
        // first, then sets go, then chains.
        for id in deadChains {
            plan.transaction.append(.flushChain(table, id.name))
        }
        for id in deadSets {
            plan.transaction.append(.deleteSet(table, id.name))
        }
        for id in deadChains {
            plan.transaction.append(.deleteChain(table, id.name))
        }
    }

    /// Whether a map that packets meet already will lead them to a chain that is not there yet. Such a chain comes in a
    /// transaction of its own, before the element.
    ///
    /// The kernel takes a chain's rules of the generation that was current when the packet entered the base chain, but
    /// an element of the generation current at the lookup (`nft_do_chain`, `nft_genmask_cur`). A packet for which the
    /// two differ would find the new element and behind it the chain as it was before the transaction: empty, so that
    /// the packet falls to the base chain's policy, which accepts.
    private static func leadsToNewChain(
        _ elements: [ElementID: Element.Target], _ tracker: DataplaneTracker
    ) -> Bool {
        elements.contains { id, target in
            guard case .verdict(let verdict) = target, let chain = verdict.target else { return false }
            return tracker.sets.actual(id.set) != nil && isNew(ChainID(id.set.table, chain), tracker)
        }
    }

    private static func isNew(_ chain: ChainID, _ tracker: DataplaneTracker) -> Bool {
        tracker.chains.actual(chain) == nil
    }

    private static func add(
        _ table: Table, sets: [NamedSet], chains: [(String, ChainContents)], _ transaction: inout Transaction
    ) {
        for set in sets {
            transaction.append(.addSet(table, set))
        }
        for (name, contents) in chains {
            transaction.append(.addChain(table, Chain(name, base: contents.base)))
        }
    }

    private static func addRules(
        _ table: Table, _ chains: [(String, ChainContents)], _ transaction: inout Transaction
    ) {
        for (name, contents) in chains {
            for rule in contents.rules {
                transaction.append(.addRule(table, chain: name, rule))
            }
        }
    }

    private static func addElements(
        _ elements: [(ElementID, Element.Target)], _ transaction: inout Transaction
    ) {
        for (set, members) in grouped(elements.map { (id: $0.0, target: $0.1) }) {
            transaction.append(.addElements(set.table, set: set.name, members))
        }
    }

    /// Elements by set, sets in order; within a set in the order of their keys, as interval sets need it.
    private static func grouped(
        _ elements: [(id: ElementID, target: Element.Target)]
    ) -> [(SetID, [Element])] {
        Dictionary(grouping: elements, by: \.id.set).sorted { $0.key < $1.key }.map { set, members in
            (
                set,
                members.map { $0.id.element(target: $0.target) }
                    .sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
            )
        }
    }

    private static func planRouting(_ tracker: DataplaneTracker, _ plan: inout Plan) {
        plan.routing += tracker.neighbours.pendingUpdates.sorted { $0.key < $1.key }.map { .setNeighbour($0, $1) }
        plan.routing += tracker.routes.pendingUpdates.keys.sorted(by: Self.precedes).map { .addRoute($0) }
        plan.routing += tracker.routes.pendingDeletions.map(\.key).sorted(by: Self.precedes).map { .deleteRoute($0) }
        plan.routing += tracker.neighbours.pendingDeletions.map(\.key).sorted().map { .deleteNeighbour($0) }
    }

    private static func precedes(_ left: Route, _ right: Route) -> Bool {
        (left.destination, left.interfaceIndex ?? 0) < (right.destination, right.interfaceIndex ?? 0)
    }
}
