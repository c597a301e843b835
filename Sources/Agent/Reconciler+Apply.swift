import Dataplane
import DataplaneLinux
import Logging
import Settings
import Status

extension Reconciler {
    /// Brings the kernel to what is wanted. A refusal may come from the kernel not being as believed: it is read anew
    /// and tried once more before it counts.
    func apply() {
        let start = ContinuousClock.now
        var report = ExecutionReport()
        var steps = 0
        var answered: Set<NeighbourID> = []
        for attempt in 0..<2 {
            board.begin(.render)
            let plan = Planner.plan(model.tracker)
            if plan.isEmpty {
                // What a first attempt failed at was done by somebody in between.
                report = ExecutionReport()
                break
            }
            steps += plan.steps
            answered.formUnion(plan.proxies)
            report = kernel.execute(plan, &model.tracker) { [board] in board.begin(.init($0)) }
            note(report.endedFlows)
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
            if report.commitError == nil && !hasUnexplainedDifference(report) { break }
            if attempt == 0, let error = report.commitError {
                logger.debug("The transaction failed; trying once more", metadata: ["error": "\(error)"])
            }
        }
        announceTakeover(of: answered)
        guard steps > 0 || !failures.isEmpty || commitFailure != nil || flowFailure != nil else { return }
        let duration = ContinuousClock.now - start
        failures = report.failures
        commitFailure = report.commitError.map { "\($0)" }
        flowFailure = report.flowFailure
        conclude(steps: steps, duration)
    }

    /// Whether read-back shows less than the kernel acknowledged.
    func hasUnexplainedDifference(_ report: ExecutionReport) -> Bool {
        model.tracker.hasPending && report.failures.isEmpty
    }

    func conclude(steps: Int, _ duration: Duration) {
        if model.tracker.hasPending || flowFailure != nil {
            statistics.failures += 1
            let delay = scheduleRetry()
            let reason =
                commitFailure ?? failures.values.min() ?? flowFailure ?? "the kernel does not hold what it acknowledged"
            logger.error(
                "Not everything could be programmed",
                metadata: ["error": "\(reason)", "retrySeconds": "\(delay.statusSeconds)"])
        } else {
            retryDelay = nil
            retry?.cancel()
            retry = nil
            if steps > 0 {
                statistics.applied(duration)
                logger.info("Applied", metadata: ["changes": "\(steps)", "seconds": "\(duration.statusSeconds)"])
            }
        }
    }

    /// Says which running flows ended.
    func note(_ ended: [FlowEnding: Int]) {
        guard !ended.isEmpty else { return }
        var metadata: Logger.Metadata = [:]
        for (ending, count) in ended {
            metadata[ending.rawValue] = "\(count)"
            statistics.ended(ending, count)
        }
        logger.info("Ended running flows that may not go on", metadata: metadata)
    }

    func failed(_ operation: String, _ error: any Error) {
        statistics.failures += 1
        commitFailure = "\(operation): \(error)"
        scheduleRetry()
        logger.error("Cannot \(operation)", metadata: ["error": "\(error)"])
    }

    /// Tries again after a while, longer each time up to half a minute.
    @discardableResult
    func scheduleRetry() -> Duration {
        let delay = min((retryDelay ?? .milliseconds(500)) * 2, .seconds(30))
        retryDelay = delay
        retry?.cancel()
        retry = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            resync()
        }
        return delay
    }
}
