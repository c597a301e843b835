/// The key of a set element: bytes as they stand in registers, each part of a concatenation padded to 32 bits.
///
/// The bytes stand in the value itself, so that a key is copied, compared and hashed without the heap: there are ten thousands.
@frozen
public struct ElementKey: Sendable {
    /// In memory order; what is beyond the length is zero.
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    @usableFromInline var length: UInt8

    /// No key is longer than the kernel's registers together (`NFT_DATA_VALUE_MAXLEN`).
    public static let longest = 64

    /// The empty key, to be appended to.
    @inlinable
    public init() {
        words = (0, 0, 0, 0, 0, 0, 0, 0)
        length = 0
    }

    /// - Parameter bytes: At most ``longest``.
    @inlinable
    public init(bytes: UnsafeRawBufferPointer) {
        self.init()
        append(bytes)
    }

    /// - Parameter bytes: At most ``longest``.
    public init(bytes: [UInt8]) {
        self.init()
        bytes.withUnsafeBytes { append($0) }
    }

    /// The concatenation of `values`; a single value stands unpadded.
    public init(_ values: [Value]) {
        self.init()
        for value in values {
            value.append(to: &self)
            if values.count > 1 { pad() }
        }
    }

    /// How many bytes it has.
    @inlinable
    public var count: Int { Int(length) }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[..<Int(length)])) }
    }

    /// - Parameter body: Takes the bytes as eight words in memory order, with zeros behind them.
    @inlinable
    public func withUnsafeWords<Result>(_ body: (UnsafePointer<UInt64>) throws -> Result) rethrows -> Result {
        try withUnsafePointer(to: words) { words in
            try words.withMemoryRebound(to: UInt64.self, capacity: 8) { try body($0) }
        }
    }

    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(Int(length) + bytes.count <= Self.longest, "a key longer than the kernel's registers")
        let start = Int(length)
        withUnsafeMutableBytes(of: &words) { place in
            UnsafeMutableRawBufferPointer(rebasing: place[start..<(start + bytes.count)]).copyMemory(from: bytes)
        }
        length += UInt8(bytes.count)
    }

    /// Appends the number's bytes as they stand in memory.
    @inlinable
    public mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        Swift.withUnsafeBytes(of: number) { append($0) }
    }

    /// Appends zeros up to a register's boundary.
    @inlinable
    public mutating func pad() { length = (length + 3) & ~3 }

    /// Appends zeros, as many as it takes for so many bytes.
    @inlinable
    public mutating func pad(to count: Int) { length = max(length, UInt8(count)) }
}

extension ElementKey: Hashable {
    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.length == right.length && left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3 && left.words.4 == right.words.4
            && left.words.5 == right.words.5 && left.words.6 == right.words.6 && left.words.7 == right.words.7
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension ElementKey: Comparable {
    /// In the order in which interval sets are searched.
    public static func < (left: Self, right: Self) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { left.lexicographicallyPrecedes($0) } }
    }
}

extension ElementKey {
    /// The interface's name that the key starts with, where its first part is one.
    public var interfaceName: String {
        withUnsafeBytes { bytes in
            String(decoding: bytes.prefix(DataType.interfaceName.length).prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
