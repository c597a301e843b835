/// An inclusive range of TCP, UDP or SCTP ports.
public struct PortRange: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let lowerBound: UInt16
    public let upperBound: UInt16

    public init(_ port: UInt16) {
        self.init(uncheckedBounds: port, port)
    }

    /// The ports from `lowerBound` to `upperBound`, or `nil` when they are in the wrong order.
    public init?(_ lowerBound: UInt16, _ upperBound: UInt16) {
        guard lowerBound <= upperBound else { return nil }
        self.init(uncheckedBounds: lowerBound, upperBound)
    }

    private init(uncheckedBounds lowerBound: UInt16, _ upperBound: UInt16) {
        self.lowerBound = lowerBound
        self.upperBound = upperBound
    }

    /// Reads `80` or `8000:8010`, Calico's notation for ports in rules; 0 is refused unless it starts a range.
    /// - Throws: ``InvalidValue`` for anything else.
    public init(parsing text: some StringProtocol) throws(InvalidValue) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts.compactMap { part in
            part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt16(part) : nil
        }
        guard bounds.count == parts.count, let first = bounds.first, let last = bounds.last, first <= last,
            last > 0
        else {
            throw InvalidValue(
                kind: "port or port range", text: String(text), accepted: "1 to 65535, or a range such as 8000:8010")
        }
        self.init(uncheckedBounds: first, last)
    }

    public var description: String {
        lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound):\(upperBound)"
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
    }
}
