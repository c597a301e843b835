import Nftables

/// The chains, sets and elements of our table, as they are wanted or as they were last read from the kernel.
struct Ruleset {
    private let tracker: DataplaneTracker
    private let isActual: Bool
    private let ranges: [String: RangeIndex]

    init(_ tracker: DataplaneTracker, isActual: Bool = false) {
        self.tracker = tracker
        self.isActual = isActual
        var ranges: [String: RangeIndex] = [:]
        for id in isActual ? Array(tracker.sets.actualKeys) : Array(tracker.sets.desiredKeys) where id.table == .margay
        {
            guard let set = isActual ? tracker.sets.actual(id) : tracker.sets.desired(id), set.isInterval else {
                continue
            }
            let elements = tracker.elements.elements(of: id)
            ranges[id.name] = RangeIndex((isActual ? elements?.actual : elements?.desired) ?? [], of: set.key)
        }
        self.ranges = ranges
    }

    /// With their definitions.
    var baseChains: [(name: String, base: BaseChain)] {
        tracker.chains.markedKeys.filter { $0.table == .margay }.compactMap { id in
            chain(id.name)?.base.map { (id.name, $0) }
        }
    }

    func chain(_ name: String) -> ChainContents? {
        let id = ChainID(.margay, name)
        return isActual ? tracker.chains.actual(id) : tracker.chains.desired(id)
    }

    /// `nil` for a set whose type is none of ours.
    func keyLength(of set: String) -> Int? {
        let id = SetID(.margay, set)
        let definition = isActual ? tracker.sets.actual(id) : tracker.sets.desired(id)
        return definition.flatMap { $0.key.parts.isEmpty ? nil : $0.key.length }
    }

    /// What an existing set holds for a key.
    func target(of key: [UInt8], in set: String) -> Element.Target? {
        if let ranges = ranges[set] { return ranges.target(of: key) }
        let id = ElementID(SetID(.margay, set), Element(ElementKey(bytes: key)))
        return isActual ? tracker.elements.actual(id) : tracker.elements.desired(id)
    }
}

/// The elements of an interval set, to be searched for the range around a key.
struct RangeIndex {
    private let type: KeyType
    /// In the order of their keys. Ranges of one set never overlap.
    private let elements: [Element]
    /// Whether only the last part of a concatenation is ever a range, so that the keys' order is that of the ranges.
    private let isOrdered: Bool

    init(_ elements: ElementList, of type: KeyType) {
        self.type = type
        self.elements = elements.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        let fixed = type.parts.dropLast().reduce(0) { $0 + $1.registerLength }
        isOrdered = elements.allSatisfy { element in
            guard let last = element.lastKey else { return true }
            return element.key.bytes.prefix(fixed) == last.bytes.prefix(fixed)
        }
    }

    func target(of value: [UInt8]) -> Element.Target? {
        guard isOrdered else { return elements.first { $0.spans(value, type) }?.target }
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if value.lexicographicallyPrecedes(elements[middle].key.bytes) { high = middle } else { low = middle + 1 }
        }
        // The last element whose key does not exceed the value begins or ends a range.
        guard low > 0, !elements[low - 1].isIntervalEnd else { return nil }
        let element = elements[low - 1]
        return !type.isConcatenation || element.spans(value, type) ? element.target : nil
    }
}

extension Element {
    /// Whether each part of a concatenated key lies between the element's two.
    fileprivate func spans(_ value: [UInt8], _ type: KeyType) -> Bool {
        let last = (lastKey ?? key).bytes
        var offset = 0
        for part in type.parts {
            let place = offset..<offset + part.length
            offset += part.registerLength
            guard place.upperBound <= min(value.count, key.bytes.count, last.count) else { return false }
            if value[place].lexicographicallyPrecedes(key.bytes[place])
                || last[place].lexicographicallyPrecedes(value[place])
            {
                return false
            }
        }
        return true
    }
}
