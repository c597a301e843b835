package import Nftables

/// The elements of all sets: wanted, there, and where the two differ.
///
/// Set by set, so that whatever is about one set, its changes, its size or a reading of it, never meets the others.
package struct ElementTracker: Sendable {
    /// By ``KnownSet/ordinal``.
    private var known = [SetElements](repeating: SetElements(), count: KnownSet.allCases.count)
    private var others: [SetID: SetElements] = [:]
    /// Those of `others` that have pending elements.
    private var pendingOthers: Set<SetID> = []
    package private(set) var pendingCount = 0
    package private(set) var desiredCount = 0
    package private(set) var actualCount = 0

    package init() {}

    package var hasPending: Bool { pendingCount > 0 }

    package func desired(_ id: ElementID) -> Element.Target? {
        if let set = id.set.known { known[set.ordinal].desired(id) } else { others[id.set]?.desired(id) }
    }

    package func actual(_ id: ElementID) -> Element.Target? {
        if let set = id.set.known { known[set.ordinal].actual(id) } else { others[id.set]?.actual(id) }
    }

    /// Whether the element is wanted and was last seen in the kernel with the wanted target.
    package func isSettled(_ id: ElementID) -> Bool {
        if let set = id.set.known { known[set.ordinal].isSettled(id) } else { others[id.set]?.isSettled(id) ?? false }
    }

    func isSettled(_ element: Element, of set: KnownSet) -> Bool { known[set.ordinal].isSettled(element, of: set.id) }

    package mutating func setDesired(_ target: Element.Target?, for id: ElementID) {
        change(id.set) { $0.setDesired(target, for: id) }
    }

    package mutating func setActual(_ target: Element.Target?, for id: ElementID) {
        change(id.set) { $0.setActual(target, for: id) }
    }

    /// Wants an element of a key alone, or wants it no more.
    mutating func setDesired(_ target: Element.Target?, for key: ElementKey, of set: KnownSet) {
        change(set) { $0.setDesired(target, for: key, of: set.id) }
    }

    /// Wants an element of a key alone, without a target, if it is not known yet.
    /// - Returns: Whether it was not known; else nothing has changed.
    mutating func want(new key: ElementKey, of set: KnownSet) -> Bool {
        guard known[set.ordinal].want(new: key) else { return false }
        pendingCount += 1
        desiredCount += 1
        return true
    }

    /// The same for a list, whose elements may have targets.
    /// - Returns: The places of those that were known, for which nothing has changed; `nil` where all are to be wanted one by
    ///   one.
    mutating func want(new list: ElementList, of set: KnownSet) -> [Int]? {
        change(set) { $0.want(new: list) }
    }

    // MARK: By set

    package func elements(of set: SetID) -> SetElements? {
        if let set = set.known { known[set.ordinal] } else { others[set] }
    }

    func elements(of set: KnownSet) -> SetElements { known[set.ordinal] }

    /// Where the kernel is not as wanted.
    func changes(of set: SetID) -> SetElements.Changes {
        if let set = set.known { changes(of: set) } else { others[set]?.changes ?? SetElements.Changes() }
    }

    func changes(of set: KnownSet) -> SetElements.Changes { known[set.ordinal].changes }

    /// Those in the kernel that nobody wants, with the target they have there.
    func deletions(of set: KnownSet) -> ElementList { known[set.ordinal].deletions }

    /// How many elements a set has.
    package func actualCount(of set: SetID) -> Int {
        if let set = set.known { known[set.ordinal].actualCount } else { others[set]?.actualCount ?? 0 }
    }

    func desiredCount(of set: KnownSet) -> Int { known[set.ordinal].desiredCount }

    /// All sets with elements, in no order.
    package var sets: [SetID] {
        KnownSet.allCases.filter { !known[$0.ordinal].isEmpty }.map(\.id) + others.keys
    }

    /// The sets in which the kernel is not as wanted; ours in their order, then the others in none.
    package var pendingSets: [SetID] {
        guard hasPending else { return [] }
        return KnownSet.inOrder.filter { known[$0.ordinal].pendingCount > 0 }.map(\.id) + pendingOthers
    }

    package mutating func change<Result>(_ set: SetID, _ body: (inout SetElements) -> Result) -> Result {
        if let set = set.known { return change(set, body) }
        var elements = others.removeValue(forKey: set) ?? SetElements()
        let result = count(&elements, body)
        if elements.pendingCount > 0 { pendingOthers.insert(set) } else { pendingOthers.remove(set) }
        if !elements.isEmpty { others[set] = elements }
        return result
    }

    @inline(__always)
    private mutating func change<Result>(_ set: KnownSet, _ body: (inout SetElements) -> Result) -> Result {
        let ordinal = set.ordinal
        let (pending, desired, actual) = (
            known[ordinal].pendingCount, known[ordinal].desiredCount, known[ordinal].actualCount
        )
        let result = body(&known[ordinal])
        pendingCount += known[ordinal].pendingCount - pending
        desiredCount += known[ordinal].desiredCount - desired
        actualCount += known[ordinal].actualCount - actual
        return result
    }

    private mutating func count<Result>(
        _ elements: inout SetElements, _ body: (inout SetElements) -> Result
    ) -> Result {
        let (pending, desired, actual) = (elements.pendingCount, elements.desiredCount, elements.actualCount)
        let result = body(&elements)
        pendingCount += elements.pendingCount - pending
        desiredCount += elements.desiredCount - desired
        actualCount += elements.actualCount - actual
        return result
    }

    // MARK: What was read

    /// Of the touched elements, those are there that were found.
    mutating func observe(_ touched: ElementList, of set: SetID, among found: ElementList) {
        change(set) { elements in
            elements.await(touched, of: set)
            elements.find(found, of: set)
            elements.endAwaiting(touched, of: set)
        }
    }

    /// What is in the set is now exactly what was read.
    /// - Parameter drift: Takes where that differs from what was believed.
    mutating func read(_ set: SetID, as found: ElementList, _ drift: (Drift) -> Void) {
        change(set) { elements in
            for element in found {
                let (isChanged, former) = elements.see(element, of: set)
                guard isChanged else { continue }
                let id = ElementID(set, element)
                // What is now as it should be needs no repair, whoever made it so.
                guard !elements.isSettled(id) else { continue }
                drift(Drift(object: .element(id), change: former == nil ? .foreign : .altered))
            }
            for id in elements.endReading(of: set) where elements.desired(id) != nil {
                drift(Drift(object: .element(id), change: .deleted))
            }
        }
    }

    // MARK: Listings, each of which costs what it lists

    package var desiredKeys: some Sequence<ElementID> {
        sets.lazy.flatMap { set in (elements(of: set)?.desired ?? []).map { ElementID(set, $0) } }
    }

    package var actualKeys: some Sequence<ElementID> {
        sets.lazy.flatMap { set in (elements(of: set)?.actual ?? []).map { ElementID(set, $0) } }
    }

    /// Wanted elements that are absent or different in the kernel, with the wanted target.
    package var pendingUpdates: [ElementID: Element.Target] {
        pendingSets.reduce(into: [:]) { updates, set in
            for element in elements(of: set)?.updates ?? [] { updates[ElementID(set, element)] = element.target }
        }
    }

    /// Elements in the kernel that nobody wants, with the target they have there.
    package var pendingDeletions: [(key: ElementID, value: Element.Target)] {
        pendingSets.flatMap { set in
            (elements(of: set)?.deletions ?? []).map { (key: ElementID(set, $0), value: $0.target) }
        }
    }
}
