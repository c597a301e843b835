/// How long to wait before the next attempt: a short time at first, twice as long after each failure, up to a longest; each
/// wait between half of that and all of it, so that the agents of a fleet do not come back at the same moment.
struct RetryDelay {
    private let first: Duration
    private let longest: Duration
    private var bound: Duration

    init(_ tuning: EtcdTuning = EtcdTuning()) {
        first = tuning.shortestPause
        longest = tuning.longestPause
        bound = first
    }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { bound = min(bound * 2, longest) }
        return bound * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func reset() { bound = first }
}
