/// When the reconcile loop last got on, and what it is doing.
///
/// Time in which the machine slept does not count: an agent is not stuck because its host was suspended.
package struct Heartbeat: Hashable, Sendable {
    /// What the loop may be doing for a while.
    package enum Step: String, Hashable, Sendable, CaseIterable {
        case takeIn = "taking in resources"
        case read = "reading the kernel"
        case render = "working out what is wanted"
        case commit = "committing the nftables transaction"
        case route = "programming routes and neighbours"
        case flows = "ending flows"
        case parameters = "writing kernel parameters"
        case verify = "reading back what was programmed"
        case settle = "judging endpoints"
    }

    /// The loop's latest sign of life: it began a step, got on within one, or answered while idle.
    package var latest: SuspendingClock.Instant
    /// What it is at; `nil` while it waits for events.
    package var step: Step?
    /// Since when it has been idle, or at work without a pause.
    package var since: SuspendingClock.Instant

    /// How long without a sign of life is too long. The loop answers every two seconds while it is idle, and gets on
    /// several times within an apply, of 10,000 endpoints too; the longest wait is for one nftables transaction.
    package static let limit = Duration.seconds(30)

    /// Why the loop counts as stuck; `nil` while it does not.
    package func problem(at now: SuspendingClock.Instant, limit: Duration = limit) -> String? {
        let silence = now - latest
        guard silence > limit else { return nil }
        let place = step.map { " while \($0.rawValue)" } ?? ""
        return "the reconcile loop has not got on for \(silence.wholeSeconds) s\(place)"
    }
}

extension Duration {
    /// Rounded down, for people.
    package var wholeSeconds: Int64 { components.seconds }
}
