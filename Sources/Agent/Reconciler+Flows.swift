import Dataplane
import DataplaneLinux
import Logging
import Status

extension Reconciler {
    /// Whether what a plan owes is too soon after the last that was paid. An address that another endpoint gets is not
    /// waited with.
    func isTooSoon(for flows: FlowDebt) -> Bool {
        !flows.isEmpty && !flowPace.isDue(at: .now) && !wanted.reassigns(flows)
    }

    /// Takes what became of a debt, and comes back for what was put off.
    func take(_ report: ExecutionReport) {
        journal.keep(model.tracker.owedFlows)
        if let work = report.flowWork { flowPace.worked(work) }
        note(report.endedFlows)
        if report.hasPutOffFlows { scheduleFlows() }
    }

    private func scheduleFlows() {
        guard flowWait == nil, let due = flowPace.next else { return }
        flowWait = Task {
            guard (try? await Task.sleep(until: due, clock: .suspending)) != nil else { return }
            flowWait = nil
            // Others may have been ended meanwhile, with a later change.
            if flowPace.isDue(at: .now) { endOwedFlows() } else if !model.tracker.owedFlows.isEmpty { scheduleFlows() }
        }
    }

    /// Ends the flows that were put off, due or not. When this returns they have ended, or the status says why not, unless
    /// the change that they are owed for is itself to be tried again.
    func endOwedFlows() {
        // Whoever reads the kernel anew, or tries a transaction once more, applies, which pays as well; by a model that is
        // not rendered nobody has any address.
        guard hasAdopted, commitFailure == nil, !model.tracker.owedFlows.isEmpty else { return }
        begin(.flows)
        defer { rest() }
        var report = ExecutionReport()
        kernel.endFlows(model.tracker.outstandingFlows, &model.tracker, &report)
        take(report)
        flowFailure = report.flowFailure
        if flowFailure != nil { conclude(steps: 0, .zero) }
    }

    /// Says which running flows ended.
    private func note(_ ended: [FlowEnding: Int]) {
        guard !ended.isEmpty else { return }
        var metadata: Logger.Metadata = [:]
        for (ending, count) in ended {
            metadata[ending.rawValue] = "\(count)"
            statistics.ended(ending, count)
        }
        logger.info("Ended running flows that may not go on", metadata: metadata)
    }
}
