import Nftables
import Testing

/// Rules that are written anew count on.
struct CountedRuleTests {
    private static let table = Table(.inet, "t")

    private func rule(_ port: UInt16, comment: String? = nil) -> CompiledRule {
        Rule([.match(.equal(.destinationPort(.tcp), Value(bigEndian: port))), .counter], comment: comment)
            .compiled(in: .inet)
    }

    private func transaction(_ operations: Transaction.Operation...) -> Transaction {
        var transaction = Transaction()
        for operation in operations { transaction.append(operation) }
        return transaction
    }

    private func counted(_ rule: CompiledRule, _ packets: UInt64) -> CountedRule {
        CountedRule(rule: rule, counter: CounterValue(packets: packets, bytes: 10 * packets))
    }

    @Test func onlyChainsThatAreEmptiedAndFilledAreRewritten() {
        let change = transaction(
            .flushChain(Self.table, "both"), .addRule(Self.table, chain: "both", rule(1)),
            .flushChain(Self.table, "dead"), .addRule(Self.table, chain: "new", rule(1)))
        #expect(change.rewrittenChains == [Self.table: ["both"]])
    }

    @Test func aRuleIsKnownByWhatItDoesAndNotByItsPlaceOrComment() {
        let change = transaction(
            .flushChain(Self.table, "c"), .addRule(Self.table, chain: "c", rule(3)),
            .addRule(Self.table, chain: "c", rule(2, comment: "now first")),
            .addRule(Self.table, chain: "c", rule(1)), .addRule(Self.table, chain: "d", rule(1)))
        let counters = change.countingOn(from: [
            Self.table: ["c": [counted(rule(1), 5), counted(rule(2, comment: "once second"), 7)]]
        ]).operations.compactMap { if case .addRule(_, _, _, let counter) = $0 { counter.packets } else { nil } }
        #expect(counters == [0, 7, 5, 0])
    }

    @Test func equalRulesKeepTheirCountersInOrder() {
        let change = transaction(
            .flushChain(Self.table, "c"), .addRule(Self.table, chain: "c", rule(1)),
            .addRule(Self.table, chain: "c", rule(1)), .addRule(Self.table, chain: "c", rule(1)))
        let counters = change.countingOn(from: [
            Self.table: ["c": [counted(rule(1), 5), counted(rule(1), 7)]]
        ]).operations.compactMap { if case .addRule(_, _, _, let counter) = $0 { counter.packets } else { nil } }
        #expect(counters == [5, 7, 0])
    }
}
