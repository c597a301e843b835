import Dataplane
import Nftables
import NftablesNetlink

extension Plan {
    /// What a person, or a program that executes nft, would feed to `nft -f` for the same change.
    /// - Parameter definition: A set as it is declared, which tells how its keys are written.
    func nftText(_ definition: (SetID) -> NamedSet?) throws -> String {
        try (preparation.operations + transaction.operations).map { try $0.nftText(definition) }.joined()
    }
}

extension Transaction.Operation {
    fileprivate func nftText(_ definition: (SetID) -> NamedSet?) throws -> String {
        func elements(_ table: Table, _ set: String, _ members: ElementList) throws -> String {
            guard let definition = definition(SetID(table, set)) else { throw HarnessError("nobody knows set \(set)") }
            return "element \(table) \(set) { \(definition.texts(of: members).map(\.text).joined(separator: ", ")) }\n"
        }
        switch self {
        case .addTable(let table, _): return "add table \(table)\n"
        case .deleteTable(let table): return "delete table \(table)\n"
        case .addChain(let table, let chain):
            return "add chain \(table) \(chain.name)\(chain.base.map { " { \($0.text) }" } ?? "")\n"
        case .deleteChain(let table, let name): return "delete chain \(table) \(name)\n"
        case .flushChain(let table, let name): return "flush chain \(table) \(name)\n"
        case .addRule(let table, let chain, let rule, _):
            return "add rule \(table) \(chain) \(rule.text(in: table.family))\n"
        case .addSet(let table, let set):
            let words = set.definitionText.map { "\($0);" }.joined(separator: " ")
            return "add \(set.isMap ? "map" : "set") \(table) \(set.name) { \(words) }\n"
        case .deleteSet(let table, let name): return "delete set \(table) \(name)\n"
        case .addElements(let table, let set, let members): return "add " + (try elements(table, set, members))
        case .deleteElements(let table, let set, let members): return "delete " + (try elements(table, set, members))
        }
    }
}
