/// The key of a set element: bytes as they stand in registers, each part of a concatenation padded to 32 bits.
public struct ElementKey: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The concatenation of `values`; a single value stands unpadded.
    public init(_ values: [Value]) {
        guard values.count > 1 else {
            bytes = values.first?.bytes ?? []
            return
        }
        var bytes: [UInt8] = []
        for value in values {
            bytes += value.bytes
            bytes += [UInt8](repeating: 0, count: (4 - value.bytes.count % 4) % 4)
        }
        self.bytes = bytes
    }
}

extension ElementKey {
    /// The interface's name that the key starts with, where its first part is one.
    public var interfaceName: String {
        String(decoding: bytes.prefix(DataType.interfaceName.length).prefix { $0 != 0 }, as: UTF8.self)
    }
}

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
        /// The bytes that a data map answers with.
        case data([UInt8])
    }

    public let key: ElementKey
    /// In an interval set of one type: the key is the first one *past* a range (`NFT_SET_ELEM_INTERVAL_END`).
    public let isIntervalEnd: Bool
    /// In an interval set of a concatenation: the last key of the range, part by part (`NFTA_SET_ELEM_KEY_END`).
    public let lastKey: ElementKey?
    public let target: Target

    public init(
        _ key: ElementKey, isIntervalEnd: Bool = false, through lastKey: ElementKey? = nil, target: Target = .none
    ) {
        self.key = key
        self.isIntervalEnd = isIntervalEnd
        self.lastKey = lastKey
        self.target = target
    }
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
