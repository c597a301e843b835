public import NetworkValues

/// Disjoint, sorted ranges of addresses or ports for an interval set.
///
/// The kernel refuses overlapping ranges (EEXIST), so overlapping and adjacent ones are joined first.
public struct Intervals: Hashable, Sendable {
    /// Inclusive bounds, each `width` bytes wide.
    public let ranges: [ClosedRange<UInt128>]
    /// The length of a bound in bytes.
    public let width: Int

    init(_ ranges: [ClosedRange<UInt128>], width: Int) {
        self.width = width
        var joined: [ClosedRange<UInt128>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        self.ranges = joined
    }

    /// The addresses of the networks that are of `family`.
    public init(_ networks: some Sequence<IPPrefix>, family: IPFamily) {
        self.init(
            networks.filter { $0.family == family }.map { $0.address.rawValue...$0.lastAddress.rawValue },
            width: family.bits / 8)
    }

    public init(_ ports: some Sequence<PortRange>) {
        self.init(ports.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }, width: 2)
    }

    /// The set elements: each range's first value, and the first value past it marked as an end. As nft does, an end at
    /// zero comes first unless a range starts there.
    public var elements: [Element] {
        guard let first = ranges.first else { return [] }
        let highest: UInt128 = width == 16 ? .max : (1 << UInt128(8 * width)) - 1
        var elements: [Element] = []
        if first.lowerBound != 0 {
            elements.append(Element(key(0), isIntervalEnd: true))
        }
        for range in ranges {
            elements.append(Element(key(range.lowerBound)))
            if range.upperBound != highest {
                elements.append(Element(key(range.upperBound + 1), isIntervalEnd: true))
            }
        }
        return elements
    }

    /// The elements of an interval set whose keys are `values` and then a range: one for each range.
    public func elements(after values: Value...) -> [Element] {
        ranges.map { range in
            let first = Value(bytes: bytes(range.lowerBound), text: "")
            let last = Value(bytes: bytes(range.upperBound), text: "")
            return Element(ElementKey(values + [first]), through: ElementKey(values + [last]))
        }
    }

    private func key(_ value: UInt128) -> ElementKey { ElementKey(bytes: bytes(value)) }

    private func bytes(_ value: UInt128) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (width - 1 - $0))) }
    }
}
