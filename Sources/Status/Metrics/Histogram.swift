/// Observations counted in buckets, as OpenMetrics shows them.
package struct Histogram: Hashable, Sendable {
    /// Each bucket's upper bound, ascending; a last bucket without bound takes the rest.
    package let upperBounds: [Double]
    /// The observations of each bucket alone, the unbounded one last.
    package private(set) var counts: [UInt64]
    package private(set) var sum = 0.0

    /// From a millisecond, which one small change takes, to half a minute.
    package static let seconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    package init(upperBounds: [Double]) {
        self.upperBounds = upperBounds
        counts = Array(repeating: 0, count: upperBounds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, +) }

    /// - Parameter value: Finite and not negative.
    package mutating func observe(_ value: Double) {
        counts[upperBounds.firstIndex { value <= $0 } ?? upperBounds.count] += 1
        sum += value
    }
}
