import Dataplane
import Logging
import NetworkValues
import Resources
package import Status
import SystemCalls

extension Reconciler {
    /// Takes in a resource that is new or other than before.
    /// - Returns: Whether it is an endpoint of this node that was not there before.
    func receive(_ resource: Resource) -> Bool {
        let key = resource.key
        let wasKnown = model.endpoints[key] != nil
        let unneeded = brake.returned(key, at: .now)
        model.put(resource)
        let isKnown = model.endpoints[key] != nil
        // Other nodes' endpoints, of which there may be a hundred times as many, come to nothing here.
        if wasKnown || isKnown {
            statistics.received(key)
            // Also where it is the same as before and nothing has to be rendered.
            rendered.insert(key)
        }
        believe(unneeded)
        return !wasKnown && isKnown
    }

    /// Removes what the source has lost, or holds it where that is too much at once.
    /// - Parameter gained: The endpoints of this node that have come with the same events.
    func judgeLosses(gained: [ResourceKey]) {
        defer { scheduleBelief() }
        if collection.state == .inSync { brake.sourceAnswers(at: .now) } else { brake.sourceIsLost() }
        // Another endpoint may have the interface of one that is held.
        if brake.isHolding { believe(brake.believeGone(presence)) }
        let lost = collection.lostResources
        guard !lost.isEmpty || !gained.isEmpty else { return }
        let losses = lost.filter { $0.key.kind != .workloadEndpoint || model.endpoints[$0.key] != nil }
        let others = model.endpoints.count - brake.heldCount - losses.count { $0.key.kind == .workloadEndpoint }
        let believed = lost.map(\.key).filter { $0.kind == .workloadEndpoint && model.endpoints[$0] == nil }
        if !hasAdopted, !losses.isEmpty { readInterfacesIfPossible() }
        var trial = brake
        let wasHolding = brake.isHolding
        var verdict = trial.judge(losses, gained: gained, others: others, at: .now, presence)
        if !verdict.held.isEmpty, !wasHolding {
            // Links that went with their endpoints may not have been heard of yet.
            readInterfacesIfPossible()
            trial = brake
            verdict = trial.judge(losses, gained: gained, others: others, at: .now, presence)
        }
        brake = trial
        believe(verdict.believed)
        believe(believed)
        for resource in verdict.held {
            collection.hold(resource)
            let wasKnown = model.endpoints[resource.key] != nil
            model.put(resource, yields: true)
            if !wasKnown, model.endpoints[resource.key] != nil {
                statistics.received(resource.key)
                rendered.insert(resource.key)
            }
        }
        if !verdict.held.isEmpty { tellOfHolding() }
    }

    private func readInterfacesIfPossible() {
        do {
            try readInterfaces()
        } catch {
            failed("read the interfaces", error)
        }
    }

    private var presence: (WorkloadEndpoint) -> MassDeleteBrake.Presence {
        { [model, awaitedInterfaces, losses = collection.losses] endpoint in
            let claimants = model.endpoints(on: endpoint.interfaceName)
            guard claimants.allSatisfy({ $0 == endpoint.key || model.yielding.contains($0) || losses.contains($0) })
            else { return .gone }
            if let interface = model.interfaces[endpoint.interfaceName] { return .there(interface.index) }
            return awaitedInterfaces.contains(endpoint.interfaceName) ? .awaited : .gone
        }
    }

    private func believe(_ keys: some Sequence<ResourceKey>) {
        for key in keys {
            statistics.removed(key)
            collection.remove(key)
            model.remove(key)
        }
    }

    private func tellOfHolding() {
        logger.warning(
            "The source has lost many endpoints at once; they stay programmed until that is confirmed",
            metadata: [
                "held": "\(brake.heldCount)", "of": "\(brake.total)",
                "remedy": "margay confirm if that is right, otherwise mend the source",
                "confirmedBySilenceAfterSeconds": "\(brake.limits.hold.statusSeconds)",
            ])
    }

    /// Believes the losses of held endpoints whose interface has gone; links have changed.
    func believeGone() {
        guard brake.isHolding else { return }
        let gone = brake.believeGone(presence)
        guard !gone.isEmpty else { return }
        logger.info("Interfaces of held endpoints are gone; so are the endpoints", metadata: ["count": "\(gone.count)"])
        believe(gone)
        scheduleBelief()
    }

    /// Wakes up when what is held has been held long enough.
    func scheduleBelief() {
        guard brake.deadline != beliefDue else { return }
        beliefDue = brake.deadline
        belief?.cancel()
        guard let deadline = beliefDue else { return }
        belief = Task {
            guard (try? await Task.sleep(until: deadline, clock: .suspending)) != nil else { return }
            believeWhatIsDue()
        }
    }

    private func believeWhatIsDue() {
        guard let deadline = brake.deadline, deadline <= .now else { return scheduleBelief() }
        begin(.takeIn)
        defer { rest() }
        logger.warning(
            "The source has said the same long enough: what it has lost goes",
            metadata: ["endpoints": "\(brake.heldCount)", "seconds": "\(brake.limits.hold.statusSeconds)"])
        believe(brake.believeAll())
        scheduleBelief()
        reconcile()
    }

    /// Believes what is held at somebody's word. When this returns, it is gone from the kernel, or the answer says why not.
    package func confirm() -> ConfirmAnswer {
        begin(.takeIn)
        defer { rest() }
        let endpoints = brake.heldCount
        // What an earlier agent programmed is nobody's to give up before the source has told what there is.
        let leftovers = model.isHolding && collection.hasBeenInSync
        guard endpoints > 0 || leftovers else {
            let problem = model.isHolding ? "what is held stays until the source is in sync" : nil
            return ConfirmAnswer(endpoints: 0, leftovers: false, problem: problem)
        }
        logger.notice(
            "Confirmed: what is held goes", metadata: ["endpoints": "\(endpoints)", "leftovers": "\(leftovers)"])
        believe(brake.believeAll())
        scheduleBelief()
        if leftovers {
            holdsUnread = false
            model.release()
        }
        reconcile()
        return ConfirmAnswer(
            endpoints: endpoints, leftovers: leftovers,
            problem: problem.map { "not everything is gone from the kernel yet, which is tried again: \($0)" })
    }

    /// What the status tells of endpoints that are held.
    var heldRemovals: StatusReport.HeldRemovals? {
        guard brake.isHolding else { return nil }
        return StatusReport.HeldRemovals(
            endpoints: brake.heldCount, of: brake.total,
            until: brake.deadline.map { Timestamp.now + ($0 - SuspendingClock.now) })
    }
}
