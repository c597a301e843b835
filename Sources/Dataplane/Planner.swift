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
        plan.flows = tracker.flowDebt
        plan.sysctls = tracker.sysctls.pendingUpdates.sorted { $0.key < $1.key }
            .map { Plan.SysctlChange(id: $0.key, value: $0.value) }
        return plan
    }

    /// Tables in which something has to change that cannot change in place: the table's flags, a base chain's place in
    /// the packet path.
    private static func tablesToReplace(_ tracker: DataplaneTracker) -> Set<Table> {
        var tables = Set(
            tracker.tables.pendingUpdates.filter { table, wanted in
                tracker.tables.actual(table).map { !$0.mayBecome(wanted) } ?? false
            }.keys)
        for (id, contents) in tracker.chains.pendingUpdates {
            if let actual = tracker.chains.actual(id), actual.base != contents.base {
                tables.insert(id.table)
            }
        }
        return tables
    }

    /// Sets of a table that have to be made anew, which the chains that look them up must let go of first: those whose
    /// definition changes, and plain interval sets whose ranges change.
    private static func setsToRemake(_ table: Table, _ tracker: DataplaneTracker) -> Set<SetID> {
        var sets = Set(tracker.sets.pendingUpdates.keys.filter { $0.table == table && tracker.sets.actual($0) != nil })
        // Moving one bound of a range takes deletions and additions that the kernel sees as overlapping in between.
        let changedElements = [
            Array(tracker.elements.pendingUpdates.keys), tracker.elements.pendingDeletions.map(\.key),
        ]
        for id in changedElements.joined() where id.set.table == table {
            if let set = tracker.sets.actual(id.set), set.isInterval, !set.key.isConcatenation,
                tracker.sets.desired(id.set) != nil
            {
                sets.insert(id.set)
            }
        }
        return sets
    }

    /// Deletes the table and makes it anew in the same transaction: packets meet the old one or the new one.
    private static func replace(_ table: Table, _ tracker: DataplaneTracker, _ plan: inout Plan) {
        plan.replacesTables = true
        // Adding first makes the deletion succeed even if somebody has deleted the table since it was read.
        plan.transaction.append(.addTable(table))
        plan.transaction.append(.deleteTable(table))
        plan.transaction.append(addition(of: table, tracker))
        let sets = tracker.sets.desiredKeys.filter { $0.table == table }
        let chains = tracker.chains.desiredKeys.filter { $0.table == table }
        let elements = tracker.elements.desiredKeys.filter { $0.set.table == table }
        add(
            table, sets.values(tracker.sets.desired), chains.values(tracker.chains.desired),
            elements.values(tracker.elements.desired), &plan.transaction)
    }

    /// Order within the transaction: the kernel refuses what leads to something that is not there yet, and the removal
    /// of what something still leads to.
    private static func change(_ table: Table, _ tracker: DataplaneTracker, _ plan: inout Plan) {
        let remade = setsToRemake(table, tracker)
        var sets = tracker.sets.pendingUpdates.filter { $0.key.table == table }
        var chains = tracker.chains.pendingUpdates.filter { $0.key.table == table }
        var elements = tracker.elements.pendingUpdates.filter { $0.key.set.table == table }
        if !remade.isEmpty {
            for id in remade {
                sets[id] = tracker.sets.desired(id)
            }
            for id in tracker.chains.desiredKeys where id.table == table && chains[id] == nil {
                guard let contents = tracker.chains.desired(id), contents.looksUp(remade) else { continue }
                chains[id] = contents
            }
            for id in tracker.elements.desiredKeys where remade.contains(id.set) {
                elements[id] = tracker.elements.desired(id)
            }
        }
        let deadSets = tracker.sets.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        let deadChains = tracker.chains.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        let deadElements = tracker.elements.pendingDeletions.filter { $0.key.set.table == table }
            .map { (id: $0.key, target: $0.value) }
        guard
            tracker.tables.pendingUpdates[table] != nil
                || !(sets.isEmpty && chains.isEmpty && elements.isEmpty && deadSets.isEmpty && deadChains.isEmpty
                    && deadElements.isEmpty)
        else { return }
        plan.touchedTables.insert(table)
        plan.touchedSets.formUnion(Array(sets.keys) + deadSets)
        plan.touchedChains.formUnion(Array(chains.keys) + deadChains)
        plan.touchedElements.formUnion(Array(elements.keys) + deadElements.map(\.id))

        let reached = newlyReached(elements, tracker)
        if reached.contains(where: { chains[$0] != nil }) {
            let newSets = sets.filter { tracker.sets.actual($0.key) == nil }
            let newChains = chains.filter { isNew($0.key, tracker) && $0.value.base == nil }
            // A chain that is there and nothing led to may hold anything: somebody else was at it.
            let others = chains.filter {
                !isNew($0.key, tracker) && reached.contains($0.key) && !$0.value.looksUp(remade)
            }
            let members = elements.filter { newSets[$0.key.set] != nil }
            add(table, newSets, newChains, members, &plan.preparation)
            for id in others.keys.sorted() {
                plan.preparation.append(.flushChain(table, id.name))
            }
            addRules(table, others, &plan.preparation)
            sets = sets.filter { newSets[$0.key] == nil }
            chains = chains.filter { newChains[$0.key] == nil && others[$0.key] == nil }
            elements = elements.filter { members[$0.key] == nil }
        }
        plan.transaction.append(addition(of: table, tracker))
        // Dead chains may lead to each other, look up dead sets, and be led to by their elements: chains are emptied
        // first, then sets go, then chains.
        for id in chains.keys.filter({ !isNew($0, tracker) }).sorted() + deadChains {
            plan.transaction.append(.flushChain(table, id.name))
        }
        // A changed target takes a deletion and an addition: adding alone fails with EEXIST.
        let changed = elements.compactMap { id, _ in
            tracker.elements.actual(id).map { (id: id, target: $0) }
        }
        // The elements of a set that goes, go with it.
        let removed = (deadElements + changed).filter {
            tracker.sets.desired($0.id.set) != nil && !remade.contains($0.id.set)
        }
        for (set, members) in grouped(removed) {
            plan.transaction.append(.deleteElements(table, set: set.name, members))
        }
        for id in remade.sorted() + deadSets {
            plan.transaction.append(.deleteSet(table, id.name))
        }
        add(table, sets, chains.filter { isNew($0.key, tracker) }, [:], &plan.transaction)
        addRules(table, chains.filter { !isNew($0.key, tracker) }, &plan.transaction)
        addElements(elements, &plan.transaction)
        for id in deadChains {
            plan.transaction.append(.deleteChain(table, id.name))
        }
    }

    /// Makes the table, or adopts it, or does nothing to one that is as wanted.
    static func addition(of table: Table, _ tracker: DataplaneTracker) -> Transaction.Operation {
        let flags = tracker.tables.desired(table)?.flags ?? []
        return .addTable(table, flags.isEmpty ? nil : flags)
    }

    /// The chains that a map which packets meet already will newly lead them to. Such a chain becomes what it should be in
    /// a transaction of its own, before the element.
    ///
    /// The kernel takes a chain's rules of the generation that was current when the packet entered the base chain, but
    /// an element of the generation current at the lookup (`nft_do_chain`, `nft_genmask_cur`). A packet for which the
    /// two differ would find the new element and behind it the chain as it was before the transaction: empty, so that
    /// the packet falls to the base chain's policy, which accepts.
    private static func newlyReached(
        _ elements: [ElementID: Element.Target], _ tracker: DataplaneTracker
    ) -> Set<ChainID> {
        Set(
            elements.compactMap { id, target in
                guard case .verdict(let verdict) = target, let chain = verdict.target,
                    tracker.sets.actual(id.set) != nil, tracker.elements.actual(id) != target
                else { return nil }
                return ChainID(id.set.table, chain)
            })
    }

    private static func isNew(_ chain: ChainID, _ tracker: DataplaneTracker) -> Bool {
        tracker.chains.actual(chain) == nil
    }

    /// Adds what is new, complete, in an order in which everything leads to what is there.
    static func add(
        _ table: Table, _ sets: [SetID: NamedSet], _ chains: [ChainID: ChainContents],
        _ elements: [ElementID: Element.Target], _ transaction: inout Transaction
    ) {
        for (_, set) in sets.sorted(by: { $0.key < $1.key }) {
            transaction.append(.addSet(table, set))
        }
        for (id, contents) in chains.sorted(by: { $0.key < $1.key }) {
            transaction.append(.addChain(table, Chain(id.name, base: contents.base)))
        }
        addRules(table, chains, &transaction)
        addElements(elements, &transaction)
    }

    private static func addRules(
        _ table: Table, _ chains: [ChainID: ChainContents], _ transaction: inout Transaction
    ) {
        for (id, contents) in chains.sorted(by: { $0.key < $1.key }) {
            for rule in contents.rules {
                transaction.append(.addRule(table, chain: id.name, rule))
            }
        }
    }

    private static func addElements(_ elements: [ElementID: Element.Target], _ transaction: inout Transaction) {
        for (set, members) in grouped(elements.map { (id: $0.key, target: $0.value) }) {
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

extension Sequence where Element: Hashable {
    /// The keys with their values.
    fileprivate func values<Value>(_ value: (Element) -> Value?) -> [Element: Value] {
        reduce(into: [:]) { $0[$1] = value($1) }
    }
}

extension ChainContents {
    /// Whether a rule looks up one of the sets.
    fileprivate func looksUp(_ sets: Set<SetID>) -> Bool {
        rules.contains { rule in
            rule.expressions.contains { expression in
                if case .lookup(let name, _, _, _) = expression { sets.contains { $0.name == name } } else { false }
            }
        }
    }
}
