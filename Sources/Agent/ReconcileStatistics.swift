import Dataplane
import Datastore
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
    /// Since when the source has been out of reach; `nil` while it is not.
    private var lostSince: ContinuousClock.Instant?
    /// How often it was in sync again after that.
    private(set) var reconnects = 0
    private(set) var lastSourceError: StatusReport.Source.Failure?
    /// Whether the source tells everything anew at present.
    private var isInSnapshot = false
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
        switch (state, source) {
        // Another reason for the same absence.
        case (.lost, .lost): break
        default: if state != source { sourceSince = .now }
        }
        source = state
    }

    /// Counts what the source tells of itself.
    /// - Returns: Where it is in sync again: how long it was out of reach.
    mutating func heard(_ event: DatastoreEvent) -> Duration? {
        switch event {
        case .snapshotBegins:
            figures.sourceReadings += 1
            isInSnapshot = true
        case .lost(let reason):
            isInSnapshot = false
            lastSourceError = .init(at: .now, message: reason)
            lostSince = lostSince ?? .now
        case .inSync:
            // One that is known tells only what differs, and begins no snapshot for that.
            figures.sourceReadings += isInSnapshot ? 0 : 1
            isInSnapshot = false
            guard let since = lostSince else { break }
            lostSince = nil
            reconnects += 1
            return .now - since
        case .put, .delete, .rejections: break
        }
        return nil
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
            // After a start the table is as large as all endpoints need.
            if received.isEmpty { received = [:] }
        } else if waitsForOthers, received[key] != nil {
            waitingForOthers.insert(key)
        }
        return phases.updateValue(state.phase, forKey: key) != state.phase
    }
}
