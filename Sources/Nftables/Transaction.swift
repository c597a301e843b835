/// Changes to the ruleset that take effect together or not at all.
public struct Transaction: Hashable, Sendable {
    public enum Operation: Hashable, Sendable {
        /// No error when it is there. With flags it gets them if it can: one without an owner may be adopted, and that is all
        /// that can change beside ``TableFlags/dormant`` (`nf_tables_updtable`; otherwise EOPNOTSUPP).
        case addTable(Table, TableFlags? = nil)
        /// With all that is in it.
        case deleteTable(Table)
        /// No error when it is there with the same hook and priority; its policy is then set.
        case addChain(Table, Chain)
        /// Fails with EBUSY while a rule or an element leads to it.
        case deleteChain(Table, String)
        /// Deletes the chain's rules.
        case flushChain(Table, String)
        /// Appends the rule, with what its counter begins with.
        case addRule(Table, chain: String, CompiledRule, counting: CounterValue = CounterValue())
        /// No error when it is there with the same definition.
        case addSet(Table, NamedSet)
        /// With its elements; fails with EBUSY while a rule looks it up.
        case deleteSet(Table, String)
        /// No error for one that is there with the same target; EEXIST with another.
        case addElements(Table, set: String, ElementList)
        /// Fails with ENOENT when one is not there.
        case deleteElements(Table, set: String, ElementList)
    }

    public private(set) var operations: [Operation] = []

    public init() {}

    public var isEmpty: Bool { operations.isEmpty }

    public mutating func append(_ operation: Operation) {
        operations.append(operation)
    }
}

extension Transaction {
    /// The same in several transactions, one after the other, for what takes effect alike: each has at most so many elements,
    /// unless a single operation has more.
    public func parts(elements limit: Int) -> [Transaction] {
        var parts: [Transaction] = []
        var count = 0
        for operation in operations {
            count += operation.elementCount
            if parts.isEmpty || count > limit {
                parts.append(Transaction())
                count = operation.elementCount
            }
            parts[parts.count - 1].append(operation)
        }
        return parts
    }
}

extension Transaction.Operation {
    fileprivate var elementCount: Int {
        switch self {
        case .addElements(_, _, let elements), .deleteElements(_, _, let elements): elements.count
        default: 0
        }
    }

    /// The operation as a verb and its object, for errors.
    public var words: (verb: String, object: String) {
        switch self {
        case .addTable(let table, _): ("add", "table \(table)")
        case .deleteTable(let table): ("delete", "table \(table)")
        case .addChain(let table, let chain): ("add", "chain \(table) \(chain.name)")
        case .deleteChain(let table, let name): ("delete", "chain \(table) \(name)")
        case .flushChain(let table, let name): ("flush", "chain \(table) \(name)")
        case .addRule(let table, let chain, _, _): ("add", "rule to chain \(table) \(chain)")
        case .addSet(let table, let set): ("add", "set \(table) \(set.name)")
        case .deleteSet(let table, let name): ("delete", "set \(table) \(name)")
        case .addElements(let table, let set, let elements):
            ("add", "\(elements.count) element(s) to set \(table) \(set)")
        case .deleteElements(let table, let set, let elements):
            ("delete", "\(elements.count) element(s) from set \(table) \(set)")
        }
    }
}
