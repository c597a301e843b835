/// A rule and what its counter stands at.
public struct CountedRule: Hashable, Sendable {
    public let rule: CompiledRule
    /// `nil` for a rule without a counter.
    public let counter: CounterValue?

    public init(rule: CompiledRule, counter: CounterValue?) {
        self.rule = rule
        self.counter = counter
    }
}

extension Transaction {
    /// The chains that are emptied and filled anew.
    public var rewrittenChains: [Table: Set<String>] {
        var flushed: [Table: Set<String>] = [:]
        var rewritten: [Table: Set<String>] = [:]
        for operation in operations {
            switch operation {
            case .flushChain(let table, let name): flushed[table, default: []].insert(name)
            case .addRule(let table, let name, _, _) where flushed[table]?.contains(name) == true:
                rewritten[table, default: []].insert(name)
            default: break
            }
        }
        return rewritten
    }

    /// The same, with rules that stay what they are in a chain that is written anew counting on from where they stand.
    ///
    /// A rule is known by what it does: another place or comment is the same rule.
    /// - Parameter counted: What the chains hold at present, by table and chain.
    public func countingOn(from counted: [Table: [String: [CountedRule]]]) -> Transaction {
        var counters: [Table: [String: [[Expression]: [CounterValue]]]] = [:]
        for (table, chains) in counted {
            for (chain, rules) in chains {
                for rule in rules.reversed() {
                    guard let counter = rule.counter, counter.packets > 0 else { continue }
                    counters[table, default: [:]][chain, default: [:]][rule.rule.expressions, default: []]
                        .append(counter)
                }
            }
        }
        guard !counters.isEmpty else { return self }
        var transaction = Transaction()
        for operation in operations {
            guard case .addRule(let table, let chain, let rule, _) = operation,
                let counter = counters[table]?[chain]?[rule.expressions]?.popLast()
            else {
                transaction.append(operation)
                continue
            }
            transaction.append(.addRule(table, chain: chain, rule, counting: counter))
        }
        return transaction
    }
}
