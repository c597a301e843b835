import Dataplane
import DataplaneLinux
import Glibc
import Logging
import Settings
import Status

extension Reconciler {
    /// How often one change is tried at once, whatever goes wrong each time.
    private static var attempts: Int { 12 }

    /// Brings the kernel to what is wanted, as far as it can be brought there.
    ///
    /// Whatever went wrong, the kernel is read anew and the change planned anew: it may not have been as believed, or
    /// have done what it did not say. What it refuses twice it is not asked again for a while, if that concerns single
    /// endpoints; all others get theirs.
    func apply() {
        let start = ContinuousClock.now
        var report = ExecutionReport()
        var steps = 0
        var isAtRest = failures.isEmpty && commitFailure == nil && flowFailure == nil
        var answered: Set<NeighbourID> = []
        var mayNotWait = false
        quarantine.refresh(model)
        for attempt in 0..<Self.attempts {
            board.begin(.render)
            let plan = Planner.plan(wanted)
            if plan.isEmpty {
                // What a former attempt failed at was done by somebody in between, or is left out.
                report = ExecutionReport()
                break
            }
            isAtRest = false
            answered.formUnion(plan.proxies)
            journal.keep(plan.flows)
            let waits = !mayNotWait && isTooSoon(for: plan.flows)
            // Once the kernel has done what it seemed to fail at, nothing tells any more that the address is another's.
            mayNotWait = mayNotWait || !waits
            report = kernel.execute(plan, &model.tracker, putsOffFlows: waits) { [board] in board.begin(.init($0)) }
            take(report)
            if report.refusals.isEmpty { steps += plan.steps - (report.hasPutOffFlows ? 1 : 0) }
            do {
                board.begin(.verify)
                if report.commitError != nil {
                    model.observe(try kernel.snapshot(model.tracker))
                } else {
                    try kernel.verify(plan, &model.tracker) { [board] in board.beat() }
                }
            } catch {
                failed("read back what was programmed", error)
                return
            }
            guard isWorthAnother(attempt, report) else { break }
        }
        announceTakeover(of: answered)
        failures = report.failures.merging(quarantine.failures(in: model)) { $1 }
        commitFailure = report.commitError.map { "\($0)" }
        // What is put off was not tried: what kept it from ending before may still do so.
        if !report.hasPutOffFlows { flowFailure = report.flowFailure }
        guard !isAtRest || !failures.isEmpty else { return }
        conclude(steps: steps, ContinuousClock.now - start)
    }

    /// What plans are made from: what is wanted, less what the kernel refused lately.
    var wanted: DataplaneTracker { quarantine.tracker(of: model) }

    /// Whether to try again at once, after whatever could be done about what went wrong.
    private func isWorthAnother(_ attempt: Int, _ report: ExecutionReport) -> Bool {
        guard let error = report.commitError else { return attempt < 2 && hasUnexplainedDifference(report) }
        guard attempt > 0, !report.refusals.isEmpty else {
            logger.debug("The transaction failed; trying once more", metadata: ["error": "\(error)"])
            return attempt < 2
        }
        return grow(report.refusals) || isolate(report.refusals)
    }

    /// Whether read-back shows less than the kernel acknowledged.
    private func hasUnexplainedDifference(_ report: ExecutionReport) -> Bool {
        wanted.hasPending && report.failures.isEmpty
    }

    /// Has sets that the kernel calls full made anew, larger.
    private func grow(_ refusals: [Refusal]) -> Bool {
        let full = refusals.filter { $0.errno == ENFILE }.flatMap(\.objects).compactMap { object -> SetID? in
            if case .element(let id) = object { id.set } else { nil }
        }
        var isAny = false
        for set in Set(full).sorted() where model.tracker.growSet(set) {
            logger.notice("The kernel calls a set full; making it anew, larger", metadata: ["set": "\(set)"])
            isAny = true
        }
        return isAny
    }

    /// Leaves out whomever the kernel refuses the transaction for.
    private func isolate(_ refusals: [Refusal]) -> Bool {
        let culprits: [Suspect: String]
        switch model.blame(refusals) {
        case .nobody: return false
        case .certain(let named): culprits = named
        case .among(let suspects):
            let found = Isolation.culprits(among: suspects, trials: 100) { leftOut in
                board.begin(.commit)
                return kernel.refusal(of: Planner.plan(quarantine.tracker(of: model, without: leftOut)))
            }
            guard let found else { return false }
            culprits = found
        }
        quarantine.take(culprits, from: model)
        statistics.failures += culprits.isEmpty ? 0 : 1
        for (suspect, words) in culprits.sorted(by: { model.describe($0.key) < model.describe($1.key) }).prefix(20) {
            logger.error(
                "The kernel refuses a part of a change; all else goes on without it",
                metadata: ["part": "\(model.describe(suspect))", "error": "\(words)"])
        }
        return true
    }

    func conclude(steps: Int, _ duration: Duration) {
        let isBehind = wanted.hasPending || flowFailure != nil
        if isBehind {
            statistics.failures += 1
            let reason =
                commitFailure ?? failures.values.min() ?? flowFailure ?? "the kernel does not hold what it acknowledged"
            var metadata: Logger.Metadata = ["error": "\(reason)"]
            if let delay = scheduleRetry() { metadata["retrySeconds"] = "\(delay.statusSeconds)" }
            logger.error("Not everything could be programmed", metadata: metadata)
            return
        }
        if quarantine.isEmpty {
            retryDelay = nil
            retry?.cancel()
            retry = nil
        } else {
            scheduleRetry()
        }
        if steps > 0 {
            statistics.applied(duration)
            logger.info("Applied", metadata: ["changes": "\(steps)", "seconds": "\(duration.statusSeconds)"])
        }
    }

    func failed(_ operation: String, _ error: any Error) {
        statistics.failures += 1
        commitFailure = "\(operation): \(error)"
        scheduleRetry()
        logger.error("Cannot \(operation)", metadata: ["error": "\(error)"])
    }

    /// Tries again after a while, longer each time up to half a minute. What fails meanwhile is tried then as well: many
    /// changes in between must neither put the attempt off nor hasten it.
    /// - Returns: After how long; `nil` when that was settled before.
    @discardableResult
    func scheduleRetry() -> Duration? {
        guard retry == nil else { return nil }
        let delay = min((retryDelay ?? .milliseconds(100)) * 2, .seconds(30))
        retryDelay = delay
        retry = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            retry = nil
            quarantine.release()
            resync()
        }
        return delay
    }
}
