import Dataplane
import Resources
import Status
import SystemCalls

/// What the status tells about past work.
struct ReconcileStatistics: Sendable {
    let startedAt = Timestamp.now
    private(set) var applies = 0
    var failures = 0
    private(set) var repairs = 0
    private(set) var lastApply: Duration?
    private(set) var lastRepairs: [StatusReport.Repair] = []
    private(set) var lastInSync: ContinuousClock.Instant?
    private var isInSync = false
    /// Since when the source has been in its present state.
    private(set) var sourceSince = ContinuousClock.now
    private var source: ResourceCollection.SourceState?
    var figures = AgentFigures()

    /// When the source gave the version that the kernel does not have yet.
    private var received: [ResourceKey: ContinuousClock.Instant] = [:]
    private(set) var programmed: [ResourceKey: (at: Timestamp, after: Duration)] = [:]
    private var phases: [ResourceKey: EndpointState.Phase] = [:]
    /// When the events that are being dealt with were taken in.
    private var roundStart = ContinuousClock.now
    /// Endpoints that wait for something that is not ours to do, such as their interface.
    private var waitingForOthers: Set<ResourceKey> = []

    private static let keptRepairs = 20

    /// Endpoints that are not up yet in their present version.
    var awaiting: some Sequence<ResourceKey> { received.keys }

    mutating func beginRound() { roundStart = .now }

    mutating func received(_ key: ResourceKey) {
        guard key.kind == .workloadEndpoint else { return }
        waitingForOthers.remove(key)
        received[key] = .now
        programmed[key] = nil
    }

    mutating func removed(_ key: ResourceKey) {
        received[key] = nil
        programmed[key] = nil
        phases[key] = nil
        waitingForOthers.remove(key)
    }

    /// What an earlier agent accepted was taken in; its source was last in sync so long ago.
    mutating func restored(age: Duration) { lastInSync = .now - age }

    mutating func sourceChanged(_ state: ResourceCollection.SourceState) {
        // A source that was followed and had nothing to tell was in sync until it was lost.
        if state == .inSync || isInSync { lastInSync = .now }
        isInSync = state == .inSync
        if state != source { sourceSince = .now }
        source = state
    }

    mutating func applied(_ duration: Duration) {
        applies += 1
        lastApply = duration
        figures.applies.observe(duration.statusSeconds)
        figures.firstApply = figures.firstApply ?? duration.statusSeconds
    }

    mutating func repaired(_ object: String, _ change: Drift.Change, _ cause: RepairCause = .comparison) {
        repairs += 1
        let change = StatusReport.Repair.Change(rawValue: change.rawValue) ?? .altered
        figures.repairs[change, default: 0] += 1
        lastRepairs.insert(
            StatusReport.Repair(at: .now, object: object, change: change, found: cause.finding, by: cause.writer),
            at: 0)
        lastRepairs = Array(lastRepairs.prefix(Self.keptRepairs))
    }

    mutating func ended(_ ending: FlowEnding, _ count: Int) {
        guard let ending = AgentFigures.FlowEnding(rawValue: ending.rawValue) else { return }
        figures.endedFlows[ending, default: 0] += UInt64(count)
    }

    /// Notes an endpoint's state; returns whether its phase is another than before.
    /// - Parameter waitsForOthers: Whether nothing that we do would bring it up now.
    mutating func settle(_ key: ResourceKey, _ state: EndpointState, waitsForOthers: Bool = false) -> Bool {
        if state.phase == .up, let start = received.removeValue(forKey: key) {
            programmed[key] = (.now, ContinuousClock.now - start)
            let cause = waitingForOthers.remove(key) == nil ? start : roundStart
            figures.programming.observe((ContinuousClock.now - cause).statusSeconds)
        } else if waitsForOthers, received[key] != nil {
            waitingForOthers.insert(key)
        }
        return phases.updateValue(state.phase, forKey: key) != state.phase
    }
}
