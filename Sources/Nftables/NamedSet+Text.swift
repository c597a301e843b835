extension NamedSet {
    /// The words of a definition that say what the set holds, a line each: `type ifname : verdict`, `size 4096`.
    public var definitionText: [String] {
        let target: String
        switch mapping {
        case .none: target = ""
        case .verdict: target = " : verdict"
        case .data(let type): target = " : \(type)"
        }
        return ["\(key.isTypedByExpression ? "typeof" : "type") \(key)\(target)"]
            + (isInterval ? ["flags interval"] : []) + (size.map { ["size \($0)"] } ?? [])
            + (hasCounters ? ["counter"] : [])
    }

    /// An element as text: its key, and what a map answers with.
    public struct ElementText: Hashable, Comparable, Sendable {
        public let key: String
        public let target: String?

        /// As it stands among the elements of a definition.
        public var text: String { key + (target.map { " : \($0)" } ?? "") }

        public static func < (left: Self, right: Self) -> Bool {
            (left.key, left.target ?? "") < (right.key, right.target ?? "")
        }
    }

    /// The elements in the order of their keys. Of an interval set of one type the two ends of a range are one text.
    public func texts(of elements: some Sequence<Element>) -> [ElementText] {
        let sorted = elements.sorted { ($0.key, $0.isIntervalEnd ? 0 : 1) < ($1.key, $1.isIntervalEnd ? 0 : 1) }
        let isRanges = isInterval && !key.isConcatenation
        return sorted.enumerated().compactMap { index, first in
            guard !first.isIntervalEnd else { return nil }
            // A range without an end reaches to the last value of the type.
            let next = index + 1 < sorted.count ? sorted[index + 1].key : nil
            let last =
                isRanges ? next?.predecessor ?? ElementKey(bytes: first.key.bytes.map { _ in 0xff }) : first.lastKey
            return ElementText(key: key.text(of: first.key, through: last), target: text(of: first.target))
        }
    }

    /// What an element leads to, as nft writes it; `nil` in a set that is no map.
    public func text(of target: Element.Target) -> String? {
        switch (target, mapping) {
        case (.none, _): nil
        case (.verdict(let verdict), _): verdict.description
        case (.data(let data), .data(let type)): type.text(of: ElementKey(bytes: data.bytes))
        case (.data(let data), _): KeyType([]).text(of: ElementKey(bytes: data.bytes))
        }
    }
}

extension ElementKey {
    /// The key before this one, as a number.
    fileprivate var predecessor: ElementKey {
        var bytes = bytes
        for index in bytes.indices.reversed() {
            bytes[index] &-= 1
            if bytes[index] != 0xff { break }
        }
        return ElementKey(bytes: bytes)
    }
}
