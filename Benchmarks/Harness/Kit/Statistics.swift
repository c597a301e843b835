extension [Double] {
    /// The value at this fraction of the sorted ones; 0 of none.
    func quantile(_ fraction: Double) -> Double {
        guard !isEmpty else { return 0 }
        let rank = Int((Double(count) * fraction).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }

    var median: Double { quantile(0.5) }

    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}

extension [Cost] {
    /// Of the wall clock and of processor time, each for itself.
    func quantile(_ fraction: Double) -> Cost {
        Cost(wall: map(\.wall).quantile(fraction), processor: map(\.processor).quantile(fraction))
    }

    var median: Cost { quantile(0.5) }
}

/// Takes each side `runs` times, the order of sides turned about with each run, and returns the values in the order of `sides`.
///
/// What else the machine does meets all sides alike, and none always has the caches that another left. The first side comes first
/// in the first run, so that others may need what it leaves.
func samples<Value>(runs: Int, _ sides: [() throws -> Value]) throws -> [[Value]] {
    var values = [[Value]](repeating: [], count: sides.count)
    for run in 0..<runs {
        for side in run.isMultiple(of: 2) ? Array(sides.indices) : sides.indices.reversed() {
            values[side].append(try sides[side]())
        }
    }
    return values
}

/// The medians of that.
func alternating(runs: Int, _ sides: [() throws -> Double]) throws -> [Double] {
    try samples(runs: runs, sides).map(\.median)
}

func alternating(runs: Int, _ sides: [() throws -> Cost]) throws -> [Cost] {
    try samples(runs: runs, sides).map(\.median)
}
