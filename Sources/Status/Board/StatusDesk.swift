package import SystemCalls

/// Gives out status reports, and never keeps anybody waiting for long: when a new one takes too long to get, as during
/// an apply of thousands of endpoints, it gives out the latest one, marked with its time.
package final class StatusDesk: Sendable {
    /// A report with the moment from which it is.
    package typealias Dated = (report: StatusReport, at: Timestamp)

    private let board: AgentBoard
    private let limit: Duration
    private let idleLimit: Duration
    private let reports: SharedWork<StatusReport>
    private let firstReport: StatusReport

    /// - Parameters:
    ///   - limit: How long a new report may take while the reconcile loop is at work.
    ///   - idleLimit: How long it may take while the loop is not: then it is under way, and worth waiting for.
    ///   - firstReport: What is known before anything was reported, without endpoints.
    ///   - make: Makes a new report. It calls its argument before it looks at anything that may change.
    package init(
        board: AgentBoard, limit: Duration = .seconds(1), idleLimit: Duration = .seconds(8),
        firstReport: StatusReport,
        make: @escaping @Sendable (_ begins: @Sendable () -> Void) async throws -> Dated
    ) {
        self.board = board
        self.limit = limit
        self.idleLimit = idleLimit
        self.firstReport = firstReport
        reports = SharedWork { begins in
            let made = try await make(begins)
            var kept = made.report
            kept.asOf = made.at
            board.report = kept
            return made.report
        }
    }

    /// - Throws: What `make` throws.
    package func report() async throws -> StatusReport {
        let latest = ContinuousClock.now + idleLimit
        let new = try await reports.value(within: limit) { [board, limit] in
            board.heartbeat.step == nil && .now + limit <= latest
        }
        guard var report = new else { return standIn() }
        report.dataplane.notices += board.notices
        return report
    }

    /// Endpoints as they were, all else as the loop last told.
    private func standIn() -> StatusReport {
        var report = board.report ?? firstReport
        report.asOf = report.asOf ?? report.agent.startedAt
        report.ready = board.readiness.isReady
        let heartbeat = board.heartbeat
        let overview = board.overview
        report.source.state = overview.source.state
        report.source.rejected = overview.source.rejected
        report.source.ageSeconds = overview.source.ageSeconds(at: .now)
        report.source.reconnects = overview.source.reconnects
        report.source.lastError = overview.source.lastError
        report.dataplane = overview.dataplane
        if let step = heartbeat.step {
            report.dataplane.state = .applying
            let duration = SuspendingClock.now - heartbeat.since
            report.dataplane.notices.append(
                heartbeat.problem(at: .now)
                    ?? "the reconcile loop has been at work for \(duration.wholeSeconds) s, now \(step.rawValue)")
        } else if let problem = heartbeat.problem(at: .now) {
            report.dataplane.notices.append(problem)
        }
        return report
    }
}

extension AgentOverview.Source {
    /// Seconds since the source was last in sync, or if it never was, since it has been as it is; 0 while it is.
    package func ageSeconds(at now: ContinuousClock.Instant) -> Double {
        state == .inSync ? 0 : (now - (lastInSync ?? since)).statusSeconds
    }
}
