/// Says when running flows may be looked for next, so that this never takes more than a tenth of a processor. Pure: the
/// clock is the caller's.
///
/// Looking for them walks all of conntrack's table, for one address as for thousands; so what many changes owe in quick
/// succession is paid at once. After a while without it is not put off at all.
struct FlowPace: Hashable, Sendable {
    /// Time in which the machine sleeps during a walk is none that it took.
    typealias Instant = SuspendingClock.Instant

    /// How much longer than a walk the time to the next is.
    static let restPerWork = 9
    /// No flow outlives its address by more: a walk that the machine was too busy for says nothing about the next.
    static let longestRest = Duration.seconds(5)

    /// When flows may be looked for again; `nil` before they ever were.
    private(set) var next: Instant?

    func isDue(at now: Instant) -> Bool { next.map { $0 <= now } ?? true }

    /// Takes from when until when flows were looked for.
    mutating func worked(_ work: Range<Instant>) {
        let duration = work.upperBound - work.lowerBound
        next = work.upperBound + min(duration * Self.restPerWork, Self.longestRest)
    }
}
