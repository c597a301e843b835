extension [Double] {
    /// The value at this fraction of the sorted ones; 0 of none.
    func quantile(_ fraction: Double) -> Double {
        guard !isEmpty else { return 0 }
        let rank = Int((Double(count) * fraction).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }

    var median: Double { quantile(0.5) }
}

/// Takes each side `runs` times, the order of sides turned about with each run, and returns the medians in the order of `sides`.
///
/// What else the machine does meets all sides alike, and none always has the caches that another left.
func alternating(runs: Int, _ sides: [() throws -> Double]) throws -> [Double] {
    var values = [[Double]](repeating: [], count: sides.count)
    for run in 0..<runs {
        for side in run.isMultiple(of: 2) ? Array(sides.indices) : sides.indices.reversed() {
            values[side].append(try sides[side]())
        }
    }
    return values.map(\.median)
}
