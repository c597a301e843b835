import Dataplane
import DataplaneLinux
import NetworkValues
import Policy
import Resources
import Settings
import Status

extension Reconciler {
    /// Shows that the loop gets round to what it is asked. Whoever calls this waits for whatever is under way.
    package func beat() {
        board.beat()
        returnLooseMemory()
    }

    /// Events were taken in and are dealt with from here on.
    func begin(_ step: Heartbeat.Step) {
        statistics.beginRound()
        board.begin(step)
    }

    /// Everything that was asked for is done, or cannot be done now.
    func rest() {
        board.post(overview, endpoints: news)
        news = [:]
        if collection.version != acceptedVersion {
            acceptedVersion = collection.version
            accept.yield()
        }
        board.rest()
    }

    private var overview: AgentOverview {
        var overview = AgentOverview(source: sourceOverview, dataplane: dataplane())
        overview.problem = problem
        overview.hasApplied = board.overview.hasApplied || hasAppliedEverythingPossible
        overview.kernelObjects = kernelObjects
        overview.routeTable = settings.routes.table
        overview.leaving = leaving.values.sorted { $0.qualifiedName < $1.qualifiedName }
        overview.figures = statistics.figures
        overview.disputes = contention.disputes().count
        overview.policies = model.policy.counts
        return overview
    }

    var sourceOverview: AgentOverview.Source {
        var source = AgentOverview.Source(
            state: sourceState, since: statistics.sourceSince, lastInSync: statistics.lastInSync,
            rejected: rejections)
        if case .lost(let reason) = collection.state { source.problem = reason }
        source.reconnects = statistics.reconnects
        source.lastError = statistics.lastSourceError
        return source
    }

    /// Whether read-back shows what a complete source asked for, or what stands in for it, but for objects that the kernel refuses one by one:
    /// whoever waits for the agent must not wait for those.
    private var hasAppliedEverythingPossible: Bool {
        collection.isKnown && commitFailure == nil && (!model.tracker.hasPending || !failures.isEmpty)
    }

    /// What keeps the kernel from being as wanted.
    var problem: String? {
        if let commitFailure { return commitFailure }
        if let flowFailure { return flowFailure }
        // What is wanted so far is not all before the source was read, and not tried.
        guard collection.isKnown, model.tracker.hasPending else { return nil }
        return failures.values.min() ?? "the kernel does not hold what it acknowledged"
    }

    private var kernelObjects: [String: Int] {
        let tracker = model.tracker
        return [
            "table": tracker.tables.actualCount, "set": tracker.sets.actualCount, "chain": tracker.chains.actualCount,
            "element": tracker.elements.actualCount, "route": tracker.routes.actualCount,
            "neighbour": tracker.neighbours.actualCount, "parameter": tracker.sysctls.actualCount,
        ]
    }
}

extension Heartbeat.Step {
    init(_ part: ExecutionPart) {
        switch part {
        case .transaction: self = .commit
        case .routing: self = .route
        case .flows: self = .flows
        case .parameters: self = .parameters
        }
    }
}

extension EndpointStanding {
    init(_ endpoint: WorkloadEndpoint, _ key: ResourceKey, _ state: EndpointState) {
        self.init(
            name: key.name, namespace: endpoint.namespace, interfaceName: endpoint.interfaceName.rawValue,
            state: .init(rawValue: state.phase.rawValue) ?? .error, reason: state.reason)
    }
}
