package import Nftables

/// The elements of one set.
package struct SetElements: Sendable {
    /// Nearly all: a key of the set's length, and perhaps a target.
    private var plain = ElementTable()
    /// Ranges, the ends of ranges, and whatever somebody else may have put there.
    private var odd = DeltaTracker<ElementID, Element.Target>()
    /// What of those was read in the present reading, or is awaited.
    private var oddSeen: Set<ElementID> = []
    /// How many are awaited.
    private var awaited = 0

    package var isEmpty: Bool { desiredCount == 0 && actualCount == 0 && pendingCount == 0 }
    package var pendingCount: Int { plain.pendingCount + odd.pendingCount }
    package var desiredCount: Int { plain.desiredCount + odd.desiredCount }
    package var actualCount: Int { plain.actualCount + odd.actualCount }

    private func isPlain(_ id: ElementID) -> Bool { id.isKeyAlone && plain.takes(id.key) }

    func desired(_ id: ElementID) -> Element.Target? {
        guard isPlain(id) else { return odd.desired(id) }
        return plain.row(id.key).flatMap { plain.desired(at: $0) }
    }

    func actual(_ id: ElementID) -> Element.Target? {
        guard isPlain(id) else { return odd.actual(id) }
        return plain.row(id.key).flatMap { plain.actual(at: $0) }
    }

    func isSettled(_ id: ElementID) -> Bool {
        guard isPlain(id) else { return odd.isSettled(id) }
        return isSettled(id.key)
    }

    func isSettled(_ element: Element, of set: SetID) -> Bool {
        guard element.isKeyAlone, plain.takes(element.key) else { return odd.isSettled(ElementID(set, element)) }
        return isSettled(element.key)
    }

    /// The same for an element of a key alone.
    private func isSettled(_ key: ElementKey) -> Bool {
        plain.row(key).map { plain.state(at: $0).isSettled } ?? false
    }

    mutating func setDesired(_ target: Element.Target?, for id: ElementID) {
        if isPlain(id) { plain.setDesired(target, for: id.key) } else { odd.setDesired(target, for: id) }
    }

    mutating func setActual(_ target: Element.Target?, for id: ElementID) {
        if isPlain(id) { plain.setActual(target, for: id.key) } else { odd.setActual(target, for: id) }
    }

    @inline(__always)
    mutating func setDesired(_ target: Element.Target?, for key: ElementKey, of set: SetID) {
        if plain.takes(key) {
            plain.setDesired(target, for: key)
        } else {
            odd.setDesired(target, for: ElementID(set, Element(key)))
        }
    }

    /// Wants an element of a key alone, without a target, if it is not known yet.
    @inline(__always)
    mutating func want(new key: ElementKey) -> Bool { plain.takes(key) && plain.want(new: key) }

    /// The same for a list; see ``ElementTable/want(new:)-(ElementList)``.
    mutating func want(new list: ElementList) -> [Int]? { plain.want(new: list) }

    // MARK: Listings

    /// All that are wanted.
    package var desired: ElementList {
        list(plain.rows, desiredCount) { plain.desired(at: $0) } + list(odd.desiredKeys, odd.desired)
    }

    /// All that are there.
    package var actual: ElementList {
        list(plain.rows, actualCount) { plain.actual(at: $0) } + list(odd.actualKeys, odd.actual)
    }

    /// Where the kernel is not as wanted.
    struct Changes {
        /// Wanted ones that are absent or different in the kernel, with the wanted target.
        var updates = ElementList()
        /// Those of ``updates`` in whose place another target stands, with that target.
        var differing = ElementList()
        /// Those in the kernel that nobody wants, with the target they have there.
        var deletions = ElementList()
    }

    var changes: Changes {
        guard pendingCount > 0 else { return Changes() }
        var changes = Changes(
            updates: plain.pending(where: \.isUpdate), differing: plain.differing,
            deletions: plain.pending(where: \.isDeletion))
        if odd.hasPending {
            for (id, target) in odd.updates {
                changes.updates.append(id.element(target: target))
                if let former = odd.actual(id) { changes.differing.append(id.element(target: former)) }
            }
            takeOddDeletions(into: &changes.deletions)
        }
        return changes
    }

    package var updates: ElementList { changes.updates }
    package var differing: ElementList { changes.differing }

    package var deletions: ElementList {
        var deletions = plain.pending(where: \.isDeletion)
        if odd.hasPending { takeOddDeletions(into: &deletions) }
        return deletions
    }

    private func takeOddDeletions(into deletions: inout ElementList) {
        for (id, former) in odd.pendingDeletions { deletions.append(id.element(target: former)) }
    }

    private func list(
        _ rows: some Sequence<Int>, _ count: Int, _ target: (Int) -> Element.Target?
    ) -> ElementList {
        var elements = ElementList(capacity: count, keyLength: plain.keyLength)
        for row in rows {
            guard let target = target(row) else { continue }
            elements.append(plain.key(at: row), target)
        }
        return elements
    }

    private func list(_ ids: some Sequence<ElementID>, _ target: (ElementID) -> Element.Target?) -> ElementList {
        ElementList(ids.compactMap { id in target(id).map { id.element(target: $0) } })
    }

    // MARK: Awaiting

    mutating func await(_ touched: ElementList, of set: SetID) {
        awaited = touched.count
        if let others = plain.await(touched) {
            for place in others { plain.await(touched[place].key) }
            return
        }
        for element in touched {
            if element.isKeyAlone, plain.takes(element.key) {
                plain.await(element.key)
            } else {
                oddSeen.insert(ElementID(set, element))
            }
        }
    }

    /// Takes those of what was found that are awaited.
    mutating func find(_ found: ElementList, of set: SetID) {
        if let others = plain.find(found, taken: &awaited) {
            for place in others { find(found[place], of: set) }
        } else {
            for element in found { find(element, of: set) }
        }
    }

    private mutating func find(_ element: Element, of set: SetID) {
        if element.isKeyAlone, plain.takes(element.key) {
            if plain.find(element.target, for: element.key) { awaited -= 1 }
        } else {
            let id = ElementID(set, element)
            guard oddSeen.remove(id) != nil else { return }
            awaited -= 1
            odd.setActual(element.target, for: id)
        }
    }

    mutating func endAwaiting(_ touched: ElementList, of set: SetID) {
        if awaited > 0 {
            for element in touched where element.isKeyAlone && plain.takes(element.key) {
                plain.endAwaiting(element.key)
            }
            for id in oddSeen { odd.setActual(nil, for: id) }
        }
        (awaited, oddSeen) = (0, [])
    }

    // MARK: Reading all

    /// Takes an element that was read, of a set that is read whole; ``endReading()`` ends it.
    /// - Returns: Whether something else was believed to be in its place, and what.
    package mutating func see(_ element: Element, of set: SetID) -> (changed: Bool, was: Element.Target?) {
        guard !element.isKeyAlone || !plain.takes(element.key) else {
            return plain.see(element.target, for: element.key)
        }
        let id = ElementID(set, element)
        let former = odd.actual(id)
        odd.setActual(element.target, for: id)
        oddSeen.insert(id)
        return (former != element.target, former)
    }

    /// What was not read is not there: returns those that were believed to be.
    package mutating func endReading(of set: SetID) -> [ElementID] {
        var gone: [ElementID] = []
        plain.endReading { gone.append(ElementID(set, Element($0))) }
        for id in Array(odd.actualKeys) where !oddSeen.contains(id) {
            odd.setActual(nil, for: id)
            gone.append(id)
        }
        oddSeen = []
        return gone
    }
}
