import NetworkValues
import Nftables
import Routing

@testable import Dataplane

/// nf_tables as far as plans meet it: what the kernel refuses, this refuses, and a refused transaction changes nothing.
struct FakeKernel {
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var snapshot = DataplaneSnapshot()
    /// Whether there is a logger.
    var canLog = true

    /// Somebody else changes something.
    mutating func tamper(_ body: (inout DataplaneSnapshot) -> Void) {
        body(&snapshot)
    }

    mutating func execute(_ plan: Plan) throws {
        var next = self
        for operation in plan.preparation.operations {
            try next.apply(operation)
        }
        let former = next.snapshot.tables
        for operation in plan.transaction.operations {
            try next.require(operation.leadsOnlyToCompleteChains(of: former), "opens a gap: \(operation)")
            try next.apply(operation)
        }
        // Not the kernel's demand: the same difference shall be the same transaction.
        for transaction in [plan.preparation, plan.transaction] {
            let sets = transaction.operations.compactMap(\.setOfAddedElements)
            try require(sets == sets.sorted(), "elements are added in no order: \(sets)")
        }
        for change in plan.routing {
            next.apply(change)
        }
        for change in plan.sysctls {
            next.snapshot.sysctls[change.id] = change.value
        }
        self = next
    }

    private mutating func apply(_ operation: Transaction.Operation) throws {
        switch operation {
        case .addTable(let table, let flags):
            let state = snapshot.tables.states[table]
            if let state, let flags, state.flags != flags {
                try require(state == .orphaned && flags.contains([.owner, .persist]), "EOPNOTSUPP \(table)")
            }
            snapshot.tables.states[table] = flags.map { TableState($0) } ?? state ?? .open
        case .deleteTable(let table):
            guard snapshot.tables.states.removeValue(forKey: table) != nil else {
                throw Refusal(description: "ENOENT \(table)")
            }
            snapshot.tables.sets = snapshot.tables.sets.filter { $0.key.table != table }
            snapshot.tables.chains = snapshot.tables.chains.filter { $0.key.table != table }
            snapshot.tables.elements = snapshot.tables.elements.filter { $0.key.set.table != table }
        case .addSet(let table, let set):
            try require(snapshot.tables.states[table] != nil, "ENOENT \(table)")
            let id = SetID(table, set.name)
            try require(snapshot.tables.sets[id] ?? set == set, "EEXIST \(id)")
            snapshot.tables.sets[id] = set
        case .deleteSet(let table, let name):
            let id = SetID(table, name)
            try require(snapshot.tables.sets.removeValue(forKey: id) != nil, "ENOENT \(id)")
            try require(!isLookedUp(id), "EBUSY \(id)")
            snapshot.tables.elements = snapshot.tables.elements.filter { $0.key.set != id }
        case .addChain(let table, let chain):
            try require(snapshot.tables.states[table] != nil, "ENOENT \(table)")
            let id = ChainID(table, chain.name)
            let existing = snapshot.tables.chains[id]
            try require(existing == nil || existing?.base == chain.base, "EEXIST \(id)")
            snapshot.tables.chains[id] = existing ?? ChainContents(base: chain.base, rules: [])
        case .deleteChain(let table, let name):
            let id = ChainID(table, name)
            try require(snapshot.tables.chains[id]?.rules.isEmpty == true, "EBUSY \(id) is not empty")
            snapshot.tables.chains[id] = nil
            try require(!isReached(id), "EBUSY \(id) is reached")
        case .flushChain(let table, let name):
            let id = ChainID(table, name)
            guard let chain = snapshot.tables.chains[id] else { throw Refusal(description: "ENOENT \(id)") }
            snapshot.tables.chains[id] = ChainContents(base: chain.base, rules: [])
        case .addRule(let table, let name, let rule, _):
            let id = ChainID(table, name)
            guard let chain = snapshot.tables.chains[id] else { throw Refusal(description: "ENOENT \(id)") }
            for expression in rule.expressions {
                try check(expression, table)
            }
            snapshot.tables.chains[id] = ChainContents(base: chain.base, rules: chain.rules + [rule])
        case .addElements(let table, let name, let elements): try add(elements, to: SetID(table, name))
        case .deleteElements(let table, let name, let elements):
            for element in elements {
                let id = ElementID(SetID(table, name), element)
                try require(snapshot.tables.elements.removeValue(forKey: id) != nil, "ENOENT element of \(id.set)")
            }
        }
    }

    private mutating func add(_ elements: ElementList, to id: SetID) throws {
        guard let set = snapshot.tables.sets[id] else { throw Refusal(description: "ENOENT \(id)") }
        for element in elements {
            let elementID = ElementID(id, element)
            try require(element.key.bytes.count == set.key.length, "EINVAL key of \(id)")
            if case .verdict(let verdict) = element.target, let target = verdict.target {
                try require(snapshot.tables.chains[ChainID(id.table, target)] != nil, "ENOENT chain \(target)")
            }
            let existing = snapshot.tables.elements[elementID]
            try require(existing == nil || existing == element.target, "EEXIST element of \(id)")
            snapshot.tables.elements[elementID] = element.target
        }
        let count = snapshot.tables.elements.keys.count { $0.set == id }
        try require(count <= set.size.map(Int.init) ?? .max, "ENFILE \(id)")
    }

    private func check(_ expression: Expression, _ table: Table) throws {
        switch expression {
        case .log: try require(canLog, "ENOENT logger")
        case .lookup(let set, _, _, _):
            try require(snapshot.tables.sets[SetID(table, set)] != nil, "ENOENT set \(set)")
        case .verdict(let verdict):
            if let target = verdict.target {
                try require(snapshot.tables.chains[ChainID(table, target)] != nil, "ENOENT chain \(target)")
            }
        default: break
        }
    }

    private func isLookedUp(_ id: SetID) -> Bool {
        snapshot.tables.chains.contains { chain, contents in
            chain.table == id.table
                && contents.rules.contains {
                    $0.expressions.contains {
                        if case .lookup(id.name, _, _, _) = $0 { true } else { false }
                    }
                }
        }
    }

    private func isReached(_ id: ChainID) -> Bool {
        snapshot.tables.chains.contains { chain, contents in
            chain.table == id.table
                && contents.rules.contains {
                    $0.expressions.contains {
                        if case .verdict(let verdict) = $0 { verdict.target == id.name } else { false }
                    }
                }
        }
            || snapshot.tables.elements.contains { element, target in
                if case .verdict(let verdict) = target {
                    element.set.table == id.table && verdict.target == id.name
                } else {
                    false
                }
            }
    }

    private mutating func apply(_ change: Plan.RoutingChange) {
        switch change {
        case .addRoute(let route): snapshot.routes.insert(route)
        case .deleteRoute(let route): snapshot.routes.remove(route)
        case .setNeighbour(let id, let address): snapshot.neighbours[id] = address
        case .deleteNeighbour(let id): snapshot.neighbours[id] = nil
        }
    }

    private func require(_ condition: Bool, _ refusal: String) throws {
        if !condition { throw Refusal(description: refusal) }
    }
}

extension Transaction.Operation {
    /// While the transaction takes effect, a packet may meet an element of after it and the chain behind that of before
    /// it: where packets look a map up already, such a chain must not be empty.
    fileprivate func leadsOnlyToCompleteChains(of former: TableSnapshot) -> Bool {
        guard case .addElements(let table, let set, let elements) = self, former.sets[SetID(table, set)] != nil else {
            return true
        }
        return elements.allSatisfy { element in
            guard case .verdict(let verdict) = element.target, let chain = verdict.target else { return true }
            guard let rules = former.chains[ChainID(table, chain)]?.rules else {
                // Nothing led its packets anywhere, and a jump brings them back from an empty chain.
                let id = ElementID(SetID(table, set), Element(element.key))
                return verdict == .jump(chain) && former.elements[id] == nil
            }
            return !rules.isEmpty
        }
    }
}

extension DataplaneModel {
    /// One round of the agent: plan, execute, read back. Every flow that was to end has ended.
    mutating func reconcile(with kernel: inout FakeKernel) throws {
        update()
        try kernel.execute(Planner.plan(tracker))
        tracker.owedFlows = FlowDebt()
        observe(kernel.snapshot)
    }
}

extension Transaction.Operation {
    fileprivate var setOfAddedElements: SetID? {
        if case .addElements(let table, let set, _) = self { SetID(table, set) } else { nil }
    }
}
