package import Nftables

/// What the kernel says against a part of a transaction. Nothing of the transaction took effect.
package struct Refusal: Hashable, Sendable {
    /// What the part is about, as exactly as the kernel says; empty for the transaction as a whole.
    package let objects: [ObjectID]
    package let errno: Int32?
    /// The kernel's answer, with the operation that it is about.
    package let words: String

    package init(objects: [ObjectID], errno: Int32?, words: String) {
        self.objects = objects
        self.errno = errno
        self.words = words
    }
}

extension Transaction.Operation {
    /// What the operation changes.
    /// - Parameter element: The place of the one element that is meant, where the kernel tells.
    package func objects(element: Int? = nil) -> [ObjectID] {
        switch self {
        case .addTable(let table, _), .deleteTable(let table): [.table(table)]
        case .addChain(let table, let chain): [.chain(ChainID(table, chain.name))]
        case .deleteChain(let table, let name), .flushChain(let table, let name), .addRule(let table, let name, _, _):
            [.chain(ChainID(table, name))]
        case .addSet(let table, let set): [.set(SetID(table, set.name))]
        case .deleteSet(let table, let name): [.set(SetID(table, name))]
        case .addElements(let table, let set, let elements), .deleteElements(let table, let set, let elements):
            (element.flatMap { elements.indices.contains($0) ? [elements[$0]] : nil } ?? elements).map {
                .element(ElementID(SetID(table, set), $0))
            }
        }
    }
}
