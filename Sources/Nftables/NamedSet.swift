/// A named set or map.
public struct NamedSet: Hashable, Sendable {
    /// What an element maps to.
    public enum Mapping: Hashable, Sendable {
        /// A plain set.
        case none
        /// A verdict map.
        case verdict
        /// A data map.
        case data(KeyType)
    }

    public let name: String
    public let key: KeyType
    public let mapping: Mapping
    /// Elements are ranges. Only for real networks and port ranges: hash sets are cheaper for single addresses.
    public let isInterval: Bool
    /// The most elements it may hold. With a size the kernel picks its fixed hash, three to four times cheaper to fill
    /// than the resizable one; one element too many fails the whole transaction with ENFILE.
    public let size: UInt32?
    /// Every element counts the packets that looked it up (kernel 5.7).
    public let hasCounters: Bool

    public init(
        _ name: String, key: KeyType, mapping: Mapping = .none, isInterval: Bool = false, size: UInt32? = nil,
        hasCounters: Bool = false
    ) {
        self.name = name
        self.key = key
        self.mapping = mapping
        self.isInterval = isInterval
        self.size = size
        self.hasCounters = hasCounters
    }

    public var isMap: Bool { mapping != .none }
}
