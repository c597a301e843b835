import Dataplane
import DataplaneLinux
import Datastore
import Glibc
import NetworkValues
import Resources
import Settings
package import Status

extension Reconciler: StatusProvider {
    package func status() throws -> StatusReport {
        let counters = try kernel.counters()
        let endpoints = model.endpoints.keys.sorted().compactMap { key -> StatusReport.Endpoint? in
            guard let endpoint = model.endpoints[key],
                let state = model.state(of: key, failure: { self.failures[$0] })
            else { return nil }
            var report = StatusReport.Endpoint(endpoint, key, state)
            report.counters = StatusReport.Endpoint.Counters(
                counters[endpoint.interfaceName.rawValue] ?? InterfaceCounters())
            report.programmedAt = statistics.programmed[key]?.at
            report.programmingSeconds = statistics.programmed[key]?.after.statusSeconds
            return report
        }
        return StatusReport(
            node: settings.node, ready: isReady,
            agent: .init(pid: getpid(), startedAt: statistics.startedAt), source: source(), dataplane: dataplane(),
            endpoints: endpoints)
    }

    package func resources() -> String {
        ResourceList.json(collection.resources.keys.sorted().compactMap { collection.resources[$0] })
    }

    package func settingsDocument() -> String { settings.json }

    private var isReady: Bool {
        collection.state == .inSync && !model.tracker.hasPending && commitFailure == nil
    }

    private func source() -> StatusReport.Source {
        let state: StatusReport.Source.State
        switch collection.state {
        case .syncing: state = .syncing
        case .inSync: state = .inSync
        case .lost: state = .reconnecting
        }
        let age = state == .inSync ? 0 : statistics.lastInSync.map { (ContinuousClock.now - $0).statusSeconds } ?? 0
        return StatusReport.Source(
            kind: settings.source.type.rawValue, location: settings.source.directory.path, state: state,
            ageSeconds: age,
            rejected: collection.rejections.map {
                .init(
                    resource: $0.resource, location: "\($0.location)", message: $0.message,
                    lastGoodKept: $0.lastGoodKept)
            })
    }

    private func dataplane() -> StatusReport.Dataplane {
        let state: StatusReport.Dataplane.State
        if !collection.hasBeenInSync {
            state = .applying
        } else if model.isHolding {
            state = .held
        } else {
            state = model.tracker.hasPending || commitFailure != nil ? .degraded : .applied
        }
        return StatusReport.Dataplane(
            state: state, lastApplySeconds: statistics.lastApply?.statusSeconds, applies: statistics.applies,
            failures: statistics.failures, repairs: statistics.repairs, lastRepairs: statistics.lastRepairs,
            notices: model.notices)
    }
}
