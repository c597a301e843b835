/// Whether the agent does what it is there for, check by check.
package struct Readiness: Hashable, Sendable {
    package struct Check: Hashable, Sendable {
        package let name: String
        /// What is wrong; `nil` when nothing is.
        package let problem: String?
    }

    package let checks: [Check]

    package var isReady: Bool { checks.allSatisfy { $0.problem == nil } }

    /// What keeps it from being ready, a line each.
    package var reasons: [String] { checks.compactMap { check in check.problem.map { "\(check.name): \($0)" } } }

    /// Whether the agent is not stuck.
    package init(_ heartbeat: Heartbeat, awake: SuspendingClock.Instant) {
        checks = [Check(name: "loop", problem: heartbeat.problem(at: awake))]
    }

    /// - Parameters:
    ///   - now: For ages, which go on while the machine sleeps.
    ///   - awake: For the sign of life, which does not.
    package init(
        _ overview: AgentOverview, _ heartbeat: Heartbeat, sourceName: String, now: ContinuousClock.Instant,
        awake: SuspendingClock.Instant
    ) {
        checks = [
            Check(name: "loop", problem: heartbeat.problem(at: awake)),
            Check(name: "source", problem: Self.problem(of: overview.source, sourceName, now)),
            Check(name: "dataplane", problem: Self.problem(of: overview)),
            Check(name: "removals", problem: Self.heldProblem(of: overview)),
        ]
    }

    private static func problem(
        of source: AgentOverview.Source, _ name: String, _ now: ContinuousClock.Instant
    ) -> String? {
        guard source.state != .inSync else { return nil }
        let detail = source.problem.isEmpty ? "" : ": \(source.problem)"
        let state = source.state == .syncing ? "being read" : source.state.rawValue
        let duration = "\(state) for \((now - source.since).wholeSeconds) s"
        guard let lastInSync = source.lastInSync else {
            return "\(name) was never read completely, \(duration)\(detail)"
        }
        return "\(name) is \(duration), last in sync \((now - lastInSync).wholeSeconds) s ago\(detail)"
    }

    private static func problem(of overview: AgentOverview) -> String? {
        switch overview.dataplane.state {
        case .applied, .held: nil
        case .applying: overview.problem ?? "nothing was programmed yet"
        case .degraded: "not everything could be programmed: \(overview.problem ?? "it is tried again")"
        }
    }

    private static func heldProblem(of overview: AgentOverview) -> String? {
        guard let words = overview.dataplane.heldWords else { return nil }
        let rejected = overview.source.rejected.count
        return "held: \(words)" + (overview.dataplane.held == nil ? " (\(rejected) rejected)" : "")
    }
}
