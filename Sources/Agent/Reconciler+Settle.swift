import Dataplane
import Logging
import Resources
import Status

extension Reconciler {
    /// Notes which endpoints have become what they should be, and says which have not.
    /// - Parameter everything: Whether the kernel may hold something else of any endpoint than before.
    func settle(everything: Bool = false) {
        board.begin(.settle)
        let isClean = !model.tracker.hasPending && commitFailure == nil
        var judged = rendered
        if everything || isClean != wasClean || failures != judgedFailures {
            judged.formUnion(model.endpoints.keys)
            judged.formUnion(statistics.awaiting)
        } else if !isClean {
            // What they wait for may have come with somebody else's change. Once all is as wanted they wait for their
            // interface or for other endpoints, and any change of these has them rendered anew.
            judged.formUnion(statistics.awaiting)
        }
        (wasClean, judgedFailures) = (isClean, failures)
        rendered = []
        let audit = model.sourceFilterAudit
        for key in judged {
            board.beat()
            guard let endpoint = model.endpoints[key],
                let state = model.state(of: key, failure: { self.failures[$0] }, audit: audit)
            else {
                forget(key)
                continue
            }
            leaving[key] = nil
            var standing = EndpointStanding(endpoint, key, state)
            standing.isHeld = brake.isHeld(key)
            news[key] = standing
            let waitsForOthers =
                switch state.phase {
                case .down, .blocked, .conflict: true
                case .pending: model.interfaces[endpoint.interfaceName] == nil
                case .up, .error: false
                }
            guard statistics.settle(key, state, waitsForOthers: waitsForOthers) else { continue }
            let metadata: Logger.Metadata = [
                "endpoint": "\(key.shortName)", "state": "\(state.phase.rawValue)", "reason": "\(state.reason)",
            ]
            let isGrave = state.phase == .conflict || state.phase == .error || state.phase == .blocked
            logger.log(level: isGrave ? .warning : .info, "Endpoint changed state", metadata: metadata)
        }
        if !model.tracker.hasUnwanted { leaving = [:] }
    }

    func forget(_ key: ResourceKey) {
        statistics.removed(key)
        if let former = board.endpoint(key) { leaving[key] = former }
        news[key] = .some(nil)
    }
}
