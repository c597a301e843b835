import NetworkValues

extension NamedSet {
    /// The words of a definition that say what the set holds, a line each: `type ifname : verdict`, `size 4096`.
    public var definitionText: [String] {
        let target: String
        switch mapping {
        case .none: target = ""
        case .verdict: target = " : verdict"
        case .data(let type): target = " : \(type)"
        }
        return ["type \(key)\(target)"] + (isInterval ? ["flags interval"] : []) + (size.map { ["size \($0)"] } ?? [])
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
        guard isInterval, !key.isConcatenation, let type = key.parts.first else {
            return sorted.map { ElementText(key: key.text(of: $0.key), target: text(of: $0.target)) }
        }
        var texts: [ElementText] = []
        for (index, first) in sorted.enumerated() where !first.isIntervalEnd {
            // A range without an end reaches to the last value of the type.
            let end = sorted.dropFirst(index + 1).first?.key
            texts.append(
                ElementText(key: type.text(from: first.key.bytes, before: end?.bytes), target: text(of: first.target)))
        }
        return texts
    }

    /// What an element leads to, as nft writes it; `nil` in a set that is no map.
    public func text(of target: Element.Target) -> String? {
        switch (target, mapping) {
        case (.none, _): nil
        case (.verdict(let verdict), _): verdict.description
        case (.data(let bytes), .data(let type)): type.text(of: ElementKey(bytes: bytes))
        case (.data(let bytes), _): KeyType([]).text(of: ElementKey(bytes: bytes))
        }
    }
}

extension ElementKey: Comparable {
    /// In the order in which interval sets are searched.
    public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension DataType {
    /// The range from `first` up to the value before `end`: a value, a network, or `first-last`.
    fileprivate func text(from first: [UInt8], before end: [UInt8]?) -> String {
        let bits = 8 * length
        let highest: UInt128 = bits == 128 ? .max : (1 << UInt128(bits)) - 1
        let lower = number(first)
        let upper = end.map { number($0) &- 1 } ?? highest
        let type = KeyType([self])
        guard upper > lower else { return type.text(of: ElementKey(bytes: first)) }
        // A power of two that starts at a multiple of itself.
        let count = (upper - lower) &+ 1
        if self == .ipv4Address || self == .ipv6Address, count & (count &- 1) == 0, lower & (count &- 1) == 0 {
            return "\(type.text(of: ElementKey(bytes: first)))/\(bits - min(bits, count.trailingZeroBitCount))"
        }
        let last = (0..<length).map { UInt8(truncatingIfNeeded: upper >> UInt128(8 * (length - 1 - $0))) }
        return "\(type.text(of: ElementKey(bytes: first)))-\(type.text(of: ElementKey(bytes: last)))"
    }

    private func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }
}
