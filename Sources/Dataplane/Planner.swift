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
        plan.sysctls = tracker.sysctls.updates
        return plan
    }

    /// Tables in which something has to change that cannot change in place: the table's flags, a base chain's place in
    /// the packet path.
    private static func tablesToReplace(_ tracker: DataplaneTracker) -> Set<Table> {
        var tables = Set(
            tracker.tables.pendingUpdates.filter { table, wanted in
                tracker.tables.actual(table).map { !$0.mayBecome(wanted) } ?? false
            }.keys)
        for (id, contents) in tracker.chains.updates {
            if let actual = tracker.chains.actual(id), actual.base != contents.base {
                tables.insert(id.table)
            }
        }
        return tables
    }

    /// What has to change in the elements of one set.
    private struct ElementChanges {
        let set: SetID
        var added: ElementList
        /// What is in the way of ``added``: adding alone fails with EEXIST.
        var replaced: ElementList
        let dead: ElementList

        var removes: Bool { !(dead.isEmpty && replaced.isEmpty) }
        /// Of our own sets, two do.
        var mayLeadToChains: Bool { self.set.known?.isVerdictMap ?? true }

        init(_ set: SetID, _ tracker: ElementTracker) {
            self.set = set
            let changes = tracker.changes(of: set)
            (added, replaced, dead) = (changes.updates, changes.differing, changes.deletions)
        }
    }

    /// Sets of a table that have to be made anew, which the chains that look them up must let go of first: those whose
    /// definition changes, and plain interval sets whose ranges change.
    private static func setsToRemake(
        _ table: Table, _ changes: [ElementChanges], _ tracker: DataplaneTracker
    ) -> Set<SetID> {
        var sets = Set(tracker.sets.pendingUpdates.keys.filter { $0.table == table && tracker.sets.actual($0) != nil })
        // Moving one bound of a range takes deletions and additions that the kernel sees as overlapping in between.
        for id in changes.lazy.map(\.set) where !tracker.isHash(id) {
            if let set = tracker.sets.actual(id), set.isInterval, !set.key.isConcatenation, tracker.sets.isWanted(id) {
                sets.insert(id)
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
        let elements = tracker.elements.sets.filter { $0.table == table }.sorted()
            .map { ordered($0, tracker.elements.elements(of: $0)?.desired ?? [], tracker) }
        add(
            table, sets.values(tracker.sets.desired), sorted(chains.values(tracker.chains.desired)), elements,
            &plan.transaction)
    }

    /// Order within the transaction: the kernel refuses what leads to something that is not there yet, and the removal
    /// of what something still leads to.
    private static func change(_ table: Table, _ tracker: DataplaneTracker, _ plan: inout Plan) {
        var elements = tracker.elements.pendingSets.filter { $0.table == table }.sorted()
            .map { ElementChanges($0, tracker.elements) }
        let remade = setsToRemake(table, elements, tracker)
        var sets = tracker.sets.pendingUpdates.filter { $0.key.table == table }
        var chains = tracker.chains.pendingUpdates.filter { $0.key.table == table }
        if !remade.isEmpty {
            for id in remade {
                sets[id] = tracker.sets.desired(id)
            }
            for id in tracker.chains.desiredKeys where id.table == table && chains[id] == nil {
                guard let contents = tracker.chains.desired(id), contents.looksUp(remade) else { continue }
                chains[id] = contents
            }
            takeAll(of: remade, &elements, tracker)
        }
        let deadSets = tracker.sets.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        let deadChains = tracker.chains.pendingDeletions.map(\.key).filter { $0.table == table }.sorted()
        guard
            tracker.tables.pendingUpdates[table] != nil
                || !(sets.isEmpty && chains.isEmpty && elements.isEmpty && deadSets.isEmpty && deadChains.isEmpty)
        else { return }
        for place in elements.indices {
            if !tracker.isHash(elements[place].set) {
                elements[place].added = ordered(elements[place].set, elements[place].added, tracker).elements
            }
            plan.touchedElements.append(elements[place].added + elements[place].dead, of: elements[place].set)
        }
        // A table that is as wanted is neither named nor read again: whoever changes it is heard of.
        let isAsWanted = tracker.tables.isSettled(table)
        if !isAsWanted { plan.touchedTables.insert(table) }
        plan.touchedSets.formUnion(Array(sets.keys) + deadSets)
        plan.touchedChains.formUnion(Array(chains.keys) + deadChains)

        let reached = newlyReached(elements, tracker)
        // In their order, as long as the preparation does not write them.
        var written = sorted(chains)
        if reached.contains(where: { chains[$0] != nil }) {
            let newSets = sets.filter { tracker.sets.actual($0.key) == nil }
            let newChains = written.filter { isNew($0.id, tracker) && $0.contents.base == nil }
            // A chain that is there and nothing led to may hold anything: somebody else was at it.
            let others = written.filter {
                !isNew($0.id, tracker) && reached.contains($0.id) && !$0.contents.looksUp(remade)
            }
            add(
                table, newSets, newChains, elements.filter { newSets[$0.set] != nil }.map { ($0.set, $0.added) },
                &plan.preparation)
            for chain in others {
                plan.preparation.append(.flushChain(table, chain.id.name))
            }
            addRules(table, others, &plan.preparation)
            sets = sets.filter { newSets[$0.key] == nil }
            let prepared = Set((newChains + others).map(\.id))
            written = written.filter { !prepared.contains($0.id) }
            for place in elements.indices where newSets[elements[place].set] != nil {
                (elements[place].added, elements[place].replaced) = ([], [])
            }
        }
        let isLoaded = load(table, &sets, &elements, tracker, &plan.preparation)
        if !isAsWanted, !isLoaded { plan.transaction.append(addition(of: table, tracker)) }
        // Dead chains may lead to each other, look up dead sets, and be led to by their elements: chains are emptied
        // first, then sets go, then chains.
        let rewritten = written.filter { !isNew($0.id, tracker) }
        for id in rewritten.map(\.id) + deadChains {
            plan.transaction.append(.flushChain(table, id.name))
        }
        // The elements of a set that goes, go with it.
        for change in elements where change.removes && !remade.contains(change.set) {
            guard tracker.sets.isWanted(change.set) else { continue }
            let removed = ordered(change.set, change.dead + change.replaced, tracker).elements
            plan.transaction.append(.deleteElements(table, set: change.set.name, removed))
        }
        for id in remade.sorted() + deadSets {
            plan.transaction.append(.deleteSet(table, id.name))
        }
        add(table, sets, written.filter { isNew($0.id, tracker) }, [], &plan.transaction)
        addRules(table, rewritten, &plan.transaction)
        addElements(elements.map { ($0.set, $0.added) }, &plan.transaction)
        for id in deadChains {
            plan.transaction.append(.deleteChain(table, id.name))
        }
    }

    /// Makes a table that is not there, with those of its sets that lead to no chains, if they have many elements. Its base
    /// chains come with the transaction; until then no packet meets any of it.
    /// - Returns: Whether it did.
    private static func load(
        _ table: Table, _ sets: inout [SetID: NamedSet], _ elements: inout [ElementChanges],
        _ tracker: DataplaneTracker, _ preparation: inout Transaction
    ) -> Bool {
        guard tracker.tables.actual(table) == nil,
            elements.reduce(0, { $0 + $1.added.count }) > Plan.elementsOfPart
        else { return false }
        let loaded = sets.filter { $0.value.mapping != .verdict }
        preparation.append(addition(of: table, tracker))
        add(table, loaded, [], elements.filter { loaded[$0.set] != nil }.map { ($0.set, $0.added) }, &preparation)
        sets = sets.filter { loaded[$0.key] == nil }
        for place in elements.indices where loaded[elements[place].set] != nil {
            (elements[place].added, elements[place].replaced) = ([], [])
        }
        return true
    }

    /// Sets that are made anew get all their elements again.
    private static func takeAll(
        of remade: Set<SetID>, _ changes: inout [ElementChanges], _ tracker: DataplaneTracker
    ) {
        for id in remade {
            guard let members = tracker.elements.elements(of: id) else { continue }
            let place = changes.firstIndex { $0.set == id } ?? changes.count
            if place == changes.count { changes.append(ElementChanges(id, tracker.elements)) }
            changes[place].added = members.desired
        }
        changes.sort { $0.set < $1.set }
    }

    /// Makes the table, or adopts it.
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
    /// the packet passes on unjudged.
    ///
    /// An interface that the map did not have needs none of this: from a new chain, which is empty to such a packet, a `jump`
    /// comes back to where the packet would have been without the element.
    private static func newlyReached(_ changes: [ElementChanges], _ tracker: DataplaneTracker) -> Set<ChainID> {
        var reached: Set<ChainID> = []
        for change in changes where change.mayLeadToChains && tracker.sets.actual(change.set) != nil {
            for element in change.added {
                guard case .verdict(let verdict) = element.target, let target = verdict.target else { continue }
                let chain = ChainID(change.set.table, target)
                switch tracker.elements.actual(ElementID(change.set, element)) {
                case element.target: continue
                case nil where verdict == .jump(target) && isNew(chain, tracker): continue
                default: reached.insert(chain)
                }
            }
        }
        return reached
    }

    private static func isNew(_ chain: ChainID, _ tracker: DataplaneTracker) -> Bool {
        tracker.chains.actual(chain) == nil
    }

    /// Adds what is new, complete, in an order in which everything leads to what is there.
    /// - Parameters:
    ///   - chains: In their order.
    ///   - elements: By set, in their order, those of each in that of ``ordered(_:_:_:)``.
    static func add(
        _ table: Table, _ sets: [SetID: NamedSet], _ chains: [(id: ChainID, contents: ChainContents)],
        _ elements: [(set: SetID, elements: ElementList)], _ transaction: inout Transaction
    ) {
        for (_, set) in sets.sorted(by: { $0.key < $1.key }) {
            transaction.append(.addSet(table, set))
        }
        for (id, contents) in chains {
            transaction.append(.addChain(table, Chain(id.name, base: contents.base)))
        }
        addRules(table, chains, &transaction)
        addElements(elements, &transaction)
    }

    private static func addRules(
        _ table: Table, _ chains: [(id: ChainID, contents: ChainContents)], _ transaction: inout Transaction
    ) {
        for (id, contents) in chains {
            for rule in contents.rules {
                transaction.append(.addRule(table, chain: id.name, rule))
            }
        }
    }

    private static func addElements(
        _ elements: [(set: SetID, elements: ElementList)], _ transaction: inout Transaction
    ) {
        for (set, members) in elements where !members.isEmpty {
            transaction.append(.addElements(set.table, set: set.name, members))
        }
    }

    /// Chains of one table by their names.
    static func sorted(_ chains: [ChainID: ChainContents]) -> [(id: ChainID, contents: ChainContents)] {
        chains.map { (id: $0.key, contents: $0.value) }.sorted { $0.id.name < $1.id.name }
    }

    /// Elements of a set in the order of their keys where they may be ranges, as interval sets need it. To a hash any order is
    /// as good.
    static func ordered(
        _ set: SetID, _ elements: ElementList, _ tracker: DataplaneTracker
    ) -> (set: SetID, elements: ElementList) {
        (set, tracker.isHash(set) ? elements : ElementList(elements.sorted { $0.key < $1.key }))
    }

    private static func planRouting(_ tracker: DataplaneTracker, _ plan: inout Plan) {
        plan.routing.reserveCapacity(tracker.neighbours.pendingCount + tracker.routes.pendingCount)
        tracker.neighbours.byAddress(\.isUpdate) { plan.routing.append(.setNeighbour($0, $1)) }
        tracker.routes.byDestination(\.isUpdate) { route, _ in plan.routing.append(.addRoute(route)) }
        tracker.routes.byDestination(\.isDeletion) { route, _ in plan.routing.append(.deleteRoute(route)) }
        tracker.neighbours.byAddress(\.isDeletion) { id, _ in plan.routing.append(.deleteNeighbour(id)) }
    }
}

extension DeltaTracker<Route, Present> {
    fileprivate func byDestination(_ matches: (RowState) -> Bool, _ body: (Route, Present) -> Void) {
        visitPending(
            where: matches, by: \.destination.address.rawValue,
            then: { left, right in
                left.destination == right.destination
                    ? left.interfaceIndex ?? 0 < right.interfaceIndex ?? 0 : left.destination < right.destination
            }, body)
    }
}

extension DeltaTracker<NeighbourID, NeighbourEntry> {
    fileprivate func byAddress(_ matches: (RowState) -> Bool, _ body: (NeighbourID, NeighbourEntry) -> Void) {
        visitPending(where: matches, by: \.address.rawValue, then: <, body)
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
