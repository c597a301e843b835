/// How long to wait before the next attempt: 0.1 s at first, twice as long after each failure, at most 5 s; each wait
/// between half of that and all of it, so that the agents of a fleet do not come back at the same moment.
struct RetryDelay {
    private static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(5)

    private var bound = Self.first

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { bound = min(bound * 2, Self.longest) }
        return bound * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func reset() { bound = Self.first }
}
