import Dataplane
import DataplaneLinux
import Logging
import Netlink
package import NftablesNetlink
import Settings
import Status

extension Reconciler {
    /// Listens to others' transactions.
    func rulesetMonitor() throws(NetlinkError) -> NftablesMonitor { try kernel.rulesetMonitor() }

    /// Takes what others' transactions changed, and puts right what of it is ours.
    /// - Returns: Whether it pays to wait a little before the next: somebody is at it again and again.
    package func handle(_ change: RulesetChange) -> Bool {
        board.beat()
        // All of it is read at the adoption, which is yet to come.
        guard hasAdopted else { return false }
        guard !change.isOverrun else {
            resync()
            return true
        }
        if change.concernsOthers { foreignersChanged() }
        let touched = TouchedObjects(change)
        guard !touched.isEmpty else { return false }
        statistics.beginRound()
        board.begin(.read)
        defer { rest() }
        let writers = change.writers.map(\.description).joined(separator: ", ")
        do {
            let drift = try kernel.observe(touched, &model.tracker)
            return !repair(drift, .notification(by: writers.isEmpty ? nil : writers))
        } catch {
            failed("read what \(writers.isEmpty ? "somebody" : writers) changed", error)
            return true
        }
    }

    /// Puts right what others changed, unless all of it is in dispute: then it waits.
    /// - Returns: Whether it was done at once.
    @discardableResult
    func repair(_ drift: [Drift], _ cause: RepairCause) -> Bool {
        guard !drift.isEmpty else { return true }
        note(drift, cause)
        let (verdict, begun) = contention.judge(drift, by: cause.writer)
        for dispute in begun {
            logger.warning(
                "Somebody undoes what is repaired, again and again; it is repaired less often from now on",
                metadata: [
                    "object": "\(model.describe(dispute.object))", "by": "\(dispute.writer ?? "unknown")",
                    "retrySeconds": "\(dispute.delay.statusSeconds)",
                ])
        }
        if case .wait(let until) = verdict, rendered.isEmpty {
            scheduleRepair(at: until)
            settle(everything: true)
            return false
        }
        repairNow()
        return true
    }

    private func repairNow() {
        close()
        apply()
        settle(everything: true)
    }

    /// Where a table of thousands of endpoints is gone, they are closed first.
    private func close() {
        guard let plan = model.closing() else { return }
        board.begin(.commit)
        guard kernel.execute(plan, &model.tracker).isClean else { return }
        // What is not read back now is planned again, and then read back or refused.
        try? kernel.verify(plan, &model.tracker)
    }

    private func scheduleRepair(at instant: ContinuousClock.Instant) {
        repairTask?.cancel()
        repairTask = Task {
            guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil else { return }
            repairDisputed()
        }
    }

    private func repairDisputed() {
        guard model.tracker.hasPending else { return }
        begin(.render)
        defer { rest() }
        repairNow()
    }

    /// What others change and will now be put right.
    ///
    /// Whoever passed while our rules were not as they should be has established flows by now: these are judged anew.
    func note(_ drift: [Drift], _ cause: RepairCause) {
        if drift.contains(where: \.concernsPolicy) { model.tracker.owedFlows.judgesPolicy = true }
        for (number, item) in drift.enumerated() {
            let object = model.describe(item.object)
            statistics.repaired(object, item.change, cause)
            guard number < Self.loggedRepairs else { continue }
            var metadata: Logger.Metadata = [
                "object": "\(object)", "change": "\(item.change.rawValue)", "found": "\(cause.finding.rawValue)",
            ]
            if let writer = cause.writer { metadata["by"] = "\(writer)" }
            logger.notice("Found changed by somebody else, repairing", metadata: metadata)
        }
        if drift.count > Self.loggedRepairs {
            logger.notice(
                "Found more changed by somebody else, repairing",
                metadata: ["objects": "\(drift.count - Self.loggedRepairs)"])
        }
    }

    private static let loggedRepairs = 20

    /// The disputes in words.
    var disputeNotices: [String] {
        contention.disputes().map { dispute in
            let object = model.describe(dispute.object)
            let writer = dispute.writer ?? "somebody"
            return
                "\(writer) keeps changing \(object): it is repaired only every \(dispute.delay.components.seconds) s; "
                + "stop one of the two programs"
        }.sorted()
    }
}

extension Drift {
    /// Whether packets may have been judged otherwise than they should.
    fileprivate var concernsPolicy: Bool {
        switch object {
        case .table, .set, .chain, .element: true
        case .route, .neighbour, .sysctl: false
        }
    }
}
