/// Packets and bytes that an element or a rule has seen.
public struct CounterValue: Hashable, Sendable {
    public var packets: UInt64
    public var bytes: UInt64

    public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    public static func + (left: Self, right: Self) -> Self {
        CounterValue(packets: left.packets &+ right.packets, bytes: left.bytes &+ right.bytes)
    }
}

/// An element of a set or map, without its counter.
public struct Element: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        case none
        case verdict(Verdict)
        case data(MapData)
    }

    public let key: ElementKey
    /// In an interval set of one type: the key is the first one *past* a range (`NFT_SET_ELEM_INTERVAL_END`).
    public let isIntervalEnd: Bool
    /// Few elements have one: it stands apart, so that all others are half as large.
    private let range: LastKey?
    public let target: Target

    public init(
        _ key: ElementKey, isIntervalEnd: Bool = false, through lastKey: ElementKey? = nil, target: Target = .none
    ) {
        self.key = key
        self.isIntervalEnd = isIntervalEnd
        range = lastKey.map { LastKey($0) }
        self.target = target
    }

    private init(_ key: ElementKey, _ isIntervalEnd: Bool, _ range: LastKey?, _ target: Target) {
        (self.key, self.isIntervalEnd, self.range, self.target) = (key, isIntervalEnd, range, target)
    }

    /// The same element with another target.
    public func leading(to target: Target) -> Element { Element(key, isIntervalEnd, range, target) }

    /// Whether it is a key alone, beside its target: neither a range nor the end of one.
    public var isKeyAlone: Bool { !isIntervalEnd && range == nil }

    /// Whether it has no target.
    public var isUntargeted: Bool {
        if case .none = target { true } else { false }
    }

    /// In an interval set of a concatenation: the last key of the range, part by part (`NFTA_SET_ELEM_KEY_END`).
    public var lastKey: ElementKey? { range?.key }
}

/// The last key of a range, on the heap.
private final class LastKey: Hashable, Sendable {
    let key: ElementKey

    init(_ key: ElementKey) {
        self.key = key
    }

    static func == (left: LastKey, right: LastKey) -> Bool { left === right || left.key == right.key }

    func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// An element as the kernel holds it.
public struct ListedElement: Hashable, Sendable {
    public let element: Element
    public let counter: CounterValue?

    public init(_ element: Element, counter: CounterValue?) {
        self.element = element
        self.counter = counter
    }
}
