package import Nftables

/// The elements of several sets as somebody read them: a list for each set, since readers only ever add.
///
/// Elements are found by their keys as well; that costs an index of the set on the first change that is made so.
package struct ElementMap: Sendable {
    private struct Members: Sendable {
        var elements = ElementList()
        var places: [ElementID: Int]?
    }

    private var sets: [SetID: Members] = [:]

    package init() {}

    /// Adds elements that the set does not have yet.
    package mutating func append(_ elements: ElementList, to set: SetID) {
        guard let members = sets[set] else {
            sets[set] = Members(elements: elements)
            return
        }
        sets[set] = Members(elements: members.elements + elements)
    }

    /// The sets that have elements.
    package var setIDs: some Collection<SetID> { sets.keys }

    package func elements(of set: SetID) -> ElementList { sets[set]?.elements ?? [] }

    package var count: Int { sets.values.reduce(0) { $0 + $1.elements.count } }

    package var isEmpty: Bool { sets.isEmpty }

    package var keys: [ElementID] { map(\.key) }

    package subscript(id: ElementID) -> Element.Target? {
        get {
            guard let members = sets[id.set] else { return nil }
            if let places = members.places { return places[id].map { members.elements[$0].target } }
            return members.elements.first { ElementID(id.set, $0) == id }?.target
        }
        set {
            var members = sets.removeValue(forKey: id.set) ?? Members()
            var places =
                members.places
                ?? members.elements.indices.reduce(into: [:]) { places, place in
                    places[ElementID(id.set, members.elements[place])] = place
                }
            switch (places[id], newValue) {
            case (let place?, let target?): members.elements.replace(at: place, with: id.element(target: target))
            case (nil, let target?):
                places[id] = members.elements.count
                members.elements.append(id.element(target: target))
            case (let place?, nil):
                places[id] = nil
                let last = members.elements[members.elements.count - 1]
                members.elements.removeLast()
                if place < members.elements.count {
                    members.elements.replace(at: place, with: last)
                    places[ElementID(id.set, last)] = place
                }
            case (nil, nil): break
            }
            members.places = places
            if !members.elements.isEmpty { sets[id.set] = members }
        }
    }

    @discardableResult
    package mutating func removeValue(forKey id: ElementID) -> Element.Target? {
        let target = self[id]
        self[id] = nil
        return target
    }

    package func filter(_ isIncluded: ((key: ElementID, value: Element.Target)) throws -> Bool) rethrows -> ElementMap {
        var map = ElementMap()
        for (set, members) in sets {
            let kept = try members.elements.filter { try isIncluded((ElementID(set, $0), $0.target)) }
            if !kept.isEmpty { map.sets[set] = Members(elements: ElementList(kept)) }
        }
        return map
    }
}

extension ElementMap: Sequence {
    package func makeIterator() -> some IteratorProtocol<(key: ElementID, value: Element.Target)> {
        sets.lazy.flatMap { set, members in
            members.elements.lazy.map { (key: ElementID(set, $0), value: $0.target) }
        }.makeIterator()
    }
}

extension ElementMap: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.sets.count == right.sets.count
            && left.sets.allSatisfy { set, members in Set(members.elements) == Set(right.elements(of: set)) }
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(count) }
}
