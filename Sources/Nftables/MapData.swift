/// The bytes that a data map answers with, as they stand in registers.
///
/// Those of an address stand in the value itself, so that it is copied and compared without the heap: there are three for each
/// external address.
public struct MapData: Sendable {
    @usableFromInline
    enum Content: Sendable {
        /// In memory order; what is beyond the length is zero.
        case short(UInt64, UInt64, length: UInt8)
        case long([UInt8])
    }

    @usableFromInline let content: Content

    @usableFromInline static let longestShort = 16

    @inlinable
    public init(bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= Self.longestShort else {
            content = .long(Array(bytes))
            return
        }
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
        content = .short(words.0, words.1, length: UInt8(bytes.count))
    }

    public init(bytes: [UInt8]) { self = bytes.withUnsafeBytes { MapData(bytes: $0) } }

    public init(_ value: Value) { self.init(bytes: value.bytes) }

    /// How many bytes they are.
    @inlinable
    public var count: Int {
        switch content {
        case .short(_, _, let length): Int(length)
        case .long(let bytes): bytes.count
        }
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch content {
        case .short(let first, let second, let length):
            try Swift.withUnsafeBytes(of: (first, second)) {
                try body(UnsafeRawBufferPointer(rebasing: $0[..<Int(length)]))
            }
        case .long(let bytes): try bytes.withUnsafeBytes(body)
        }
    }
}

extension MapData: Hashable {
    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        switch (left.content, right.content) {
        case (.short(let first, let second, let length), .short(let otherFirst, let otherSecond, let otherLength)):
            first == otherFirst && second == otherSecond && length == otherLength
        case (.long(let bytes), .long(let others)): bytes == others
        default: false
        }
    }

    @inlinable
    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension MapData: ExpressibleByArrayLiteral {
    public init(arrayLiteral bytes: UInt8...) { self.init(bytes: bytes) }
}
