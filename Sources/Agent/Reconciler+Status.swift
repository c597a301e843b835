import Dataplane
import DataplaneLinux
import Datastore
import Glibc
import NetworkValues
import Policy
import Resources
import Settings
package import Status
import SystemCalls

extension Reconciler {
    /// All that a report is made of, counters excepted. Takes hardly any time, since nothing is copied until either side
    /// changes.
    func reportInputs(_ begins: () -> Void = {}) -> ReportInputs {
        begins()
        noteRareStep()
        return ReportInputs(
            at: .now, node: settings.node, ready: isReady, source: source(), dataplane: dataplane(),
            model: model.forReports, policies: model.policy.summaries(), failures: failures, statistics: statistics,
            brake: brake)
    }

    /// The report with counters read over the reconciler's own socket, for an agent that serves nobody else.
    package func status() throws -> StatusReport {
        let counters = try kernel.counters()
        return reportInputs().report(counters)
    }

    nonisolated func resourceDocument() -> String {
        let resources = collection.resources
        return ResourceList.json(resources.keys.sorted().compactMap { resources[$0] })
    }

    nonisolated func settingsDocument() -> String { settings.json }

    private var isReady: Bool {
        collection.state == .inSync && !model.tracker.hasPending && commitFailure == nil && flowFailure == nil
            && !model.isHolding && !brake.isHolding
    }

    var sourceState: StatusReport.Source.State {
        if collection.isStale { return .stale }
        return switch collection.state {
        case .syncing: .syncing
        case .inSync: .inSync
        case .lost: .reconnecting
        }
    }

    var rejections: [StatusReport.Rejected] {
        collection.rejections.map {
            .init(
                resource: $0.resource, location: "\($0.location)", message: $0.message,
                lastGoodKept: $0.lastGoodKept)
        }
    }

    private func source() -> StatusReport.Source {
        StatusReport.Source(
            kind: settings.source.type.rawValue, location: settings.source.location, state: sourceState,
            ageSeconds: sourceOverview.ageSeconds(at: .now), reconnects: statistics.reconnects,
            lastError: statistics.lastSourceError, rejected: rejections)
    }

    /// What stands in for a source that cannot be had.
    private var staleness: String? {
        guard collection.isStale else { return nil }
        var reason = ""
        if case .lost(let text) = collection.state { reason = ": \(text)" }
        return
            "the source has told nothing since the agent started; what an earlier agent accepted stays in force\(reason)"
    }

    func dataplane() -> StatusReport.Dataplane {
        let state: StatusReport.Dataplane.State
        if !collection.isKnown {
            state = .applying
        } else if model.isHolding || brake.isHolding {
            state = .held
        } else {
            let isBehind = model.tracker.hasPending || commitFailure != nil || flowFailure != nil
            state = isBehind ? .degraded : .applied
        }
        var dataplane = StatusReport.Dataplane(
            state: state, lastApplySeconds: statistics.lastApply?.statusSeconds, applies: statistics.applies,
            failures: statistics.failures, repairs: statistics.repairs, lastRepairs: statistics.lastRepairs,
            held: heldRemovals,
            notices: [heldRemovals?.words, staleness].compactMap(\.self) + model.notices + disputeNotices
                + foreignNotices
                + (flowFailure.map { ["\($0): flows that should have ended may go on"] } ?? []))
        dataplane.foreignChains = foreignChains.map(StatusReport.ForeignChain.init)
        return dataplane
    }
}

/// How everything stood at one moment between two steps of the reconcile loop.
struct ReportInputs: Sendable {
    let at: Timestamp
    let node: String
    let ready: Bool
    let source: StatusReport.Source
    let dataplane: StatusReport.Dataplane
    let model: DataplaneModel
    let policies: [PolicySummary]
    let failures: [ObjectID: String]
    let statistics: ReconcileStatistics
    let brake: MassDeleteBrake

    /// - Parameter counters: By the interface's name.
    func report(_ counters: [String: InterfaceCounters]) -> StatusReport {
        let audit = model.sourceFilterAudit
        let endpoints = model.endpoints.keys.sorted().compactMap { key -> StatusReport.Endpoint? in
            guard let endpoint = model.endpoints[key],
                let state = model.state(of: key, failure: { failures[$0] }, audit: audit)
            else { return nil }
            var report = StatusReport.Endpoint(endpoint, key, state)
            report.counters = StatusReport.Endpoint.Counters(
                counters[endpoint.interfaceName.rawValue] ?? InterfaceCounters())
            report.policies = model.policyNames(of: key)
            report.heldSince = brake.heldSince(key).map { at + ($0 - .now) }
            report.programmedAt = statistics.programmed[key]?.at
            report.programmingSeconds = statistics.programmed[key]?.after.statusSeconds
            return report
        }
        return StatusReport(
            node: node, ready: ready, agent: .init(pid: getpid(), startedAt: statistics.startedAt), source: source,
            dataplane: dataplane, endpoints: endpoints, policies: policies.map(StatusReport.Policy.init))
    }
}
