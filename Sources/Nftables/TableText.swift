/// A table with all that is in it, as text that `nft -f` loads.
///
/// Loaded onto a table that is there already it would append to its chains: put ``deletion(of:)`` before it.
public struct TableText: Hashable, Sendable {
    /// A set or map with its elements.
    public struct SetText: Hashable, Sendable {
        public let definition: NamedSet
        public let elements: [NamedSet.ElementText]

        public init(_ definition: NamedSet, _ elements: some Sequence<Element>) {
            self.definition = definition
            self.elements = definition.texts(of: elements)
        }
    }

    public struct RuleText: Hashable, Sendable {
        /// The statements as nft spells them.
        public let text: String
        public let comment: String?

        public init(_ text: String, comment: String?) {
            self.text = text
            self.comment = comment
        }

        /// The statements and the comment.
        public var line: String { text + (comment.map { " comment \"\($0)\"" } ?? "") }
    }

    public struct ChainText: Hashable, Sendable {
        public let chain: Chain
        public let rules: [RuleText]

        public init(_ chain: Chain, _ rules: [RuleText]) {
            self.chain = chain
            self.rules = rules
        }
    }

    public let table: Table
    public let sets: [SetText]
    public let chains: [ChainText]

    public init(_ table: Table, sets: [SetText], chains: [ChainText]) {
        self.table = table
        self.sets = sets
        self.chains = chains
    }

    /// Commands that delete the table whether or not it is there: deleting one that is not is an error to nft.
    public static func deletion(of table: Table) -> String {
        "table \(table); delete table \(table)\n"
    }

    /// The definition. nft sorts it out by itself that maps lead to chains that follow.
    public var definition: String {
        var lines = ["table \(table) {"]
        for set in sets {
            lines.append("\t\(set.definition.isMap ? "map" : "set") \(set.definition.name) {")
            lines += set.definition.definitionText.map { "\t\t\($0)" }
            if !set.elements.isEmpty {
                lines.append("\t\telements = {")
                lines += set.elements.dropLast().map { "\t\t\t\($0.text)," }
                lines += set.elements.suffix(1).map { "\t\t\t\($0.text)" }
                lines.append("\t\t}")
            }
            lines.append("\t}")
        }
        for chain in chains {
            lines.append("\tchain \(chain.chain.name) {")
            lines += (chain.chain.base.map { [$0.text] } ?? []).map { "\t\t\($0)" }
            lines += chain.rules.map { "\t\t\($0.line)" }
            lines.append("\t}")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }
}

extension BaseChain {
    /// `type filter hook forward priority 0; policy accept;`, the priority as a number in every family.
    public var text: String {
        "type \(kind.rawValue) hook \(hook.rawValue) priority \(priority); policy \(policy == .drop ? "drop" : "accept");"
    }
}

extension Rule {
    /// nft's spelling of the statements, without the comment.
    public var statementsText: String { statements.map(\.text).joined(separator: " ") }
}
