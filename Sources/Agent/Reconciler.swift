import Dataplane
import DataplaneLinux
package import Datastore
package import Logging
import NetworkValues
import Nftables
import Resources
package import Routing
package import Settings
package import Status
import Synchronization
import SystemCalls

/// The one owner of the dataplane: takes in what the source and the kernel tell, and makes the kernel agree.
///
/// It works on a thread of its own, since every step of it is a system call; whoever tells it something waits until
/// that is in the kernel, so that events pile up (and merge) at their source and never here.
package actor Reconciler {
    /// Those that hold: what awaits a restart is not among them.
    nonisolated var settings: AgentSettings { sharedSettings.withLock { $0 } }
    private let sharedSettings: Mutex<AgentSettings>
    /// What is configured and does not hold.
    var settingsNotices = SettingsNotices()
    let logger: Logger
    /// What it tells about itself to those who may not wait for it.
    package nonisolated let board: AgentBoard
    var model: DataplaneModel
    var kernel: LinuxDataplane
    nonisolated let collection = SharedResources()
    var statistics = ReconcileStatistics()
    /// What the kernel last said against an object; empty once it is as wanted.
    var failures: [ObjectID: String] = [:]
    var commitFailure: String?
    /// Why flows that should have ended may run on.
    var flowFailure: String?
    /// Whether the kernel's present state has been read: until then it is not known what is ours in it.
    private var hasAdopted = false
    /// Whether what the kernel holds and nobody wants may be an unread resource's: an agent that began while it could be
    /// read knows better.
    private var holdsUnread = true
    /// How long to wait before what failed is tried again; `nil` while nothing has failed.
    private var retryDelay: Duration?
    private var retry: Task<Void, Never>?
    /// What the board does not know yet.
    var news: [ResourceKey: EndpointStanding?] = [:]
    /// Endpoints that are wanted no more and may still be in the kernel.
    var leaving: [ResourceKey: EndpointStanding] = [:]
    /// Endpoints that were rendered anew and not judged yet.
    private var rendered: Set<ResourceKey> = []
    private var wasClean = true

    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Throws: `NetlinkError` when the kernel cannot be talked to.
    package init(settings: AgentSettings, logger: Logger) throws {
        sharedSettings = Mutex(settings)
        self.logger = logger
        board = AgentBoard(source: (settings.source.type.rawValue, settings.source.directory.path))
        let options = DataplaneOptions(settings)
        model = DataplaneModel(options: options)
        kernel = try LinuxDataplane(options: options)
        executor = BlockingExecutor(label: "margay reconcile")
    }

    /// Takes what the source told. When this returns after ``DatastoreEvent/inSync``, it is in the kernel, or the status
    /// says why not.
    package func deliver(_ events: [DatastoreEvent]) {
        begin(.takeIn)
        defer { rest() }
        for event in events {
            board.beat()
            if event == .snapshotBegins { statistics.figures.sourceSnapshots += 1 }
            log(event)
            for change in collection.take(event) {
                switch change {
                case .put(let resource):
                    statistics.received(resource.key)
                    model.put(resource)
                case .remove(let key):
                    statistics.removed(key)
                    model.remove(key)
                }
            }
        }
        statistics.sourceChanged(collection.state)
        board.post(sourceOverview)
        reconcile()
    }

    private func log(_ event: DatastoreEvent) {
        switch event {
        case .lost(let reason):
            logger.warning(
                "The source is out of reach; the kernel stays as it is", metadata: ["reason": "\(reason)"])
        case .rejections(let list):
            for rejected in list where !collection.rejections.contains(rejected) {
                logger.warning(
                    "Rejected",
                    metadata: [
                        "resource": "\(rejected.resource)", "at": "\(rejected.location)",
                        "reason": "\(rejected.message)", "lastGoodKept": "\(rejected.lastGoodKept)",
                    ])
            }
        default: break
        }
    }

    /// Takes what the kernel announced about links, addresses, routes and neighbours.
    package func handle(_ events: [RoutingEvent]) {
        board.beat()
        guard hasAdopted else { return }
        statistics.beginRound()
        var concernsRoutes = false
        for event in events {
            switch event {
            case .link(let link, let removed):
                guard let name = try? InterfaceName(parsing: link.name) else { continue }
                // The kernel drops the IPv4 routes of a link that goes down and announces none of them.
                if model.setInterface(removed ? nil : InterfaceState(link), for: name) { concernsRoutes = true }
                concernsRoutes = concernsRoutes || model.announces(on: link, removed: removed)
            case .address(let address, let removed):
                // Nor does it announce those that go with an interface's last address. Addresses that come, or are of
                // IPv6, take no route of ours along.
                concernsRoutes =
                    concernsRoutes || removed && address.local.family == .v4 || model.announces(by: address)
            case .route(let route, let removed):
                concernsRoutes = concernsRoutes || isOfConcern(route, removed: removed)
            case .neighbour(let neighbour, let removed):
                guard !neighbour.isProxy else { continue }
                let id = NeighbourID(neighbour.address, interfaceIndex: neighbour.interfaceIndex)
                let isAsWanted =
                    !removed && neighbour.state.contains(.permanent)
                    && neighbour.linkLayerAddress.map { .permanent($0) } == model.tracker.neighbours.desired(id)
                concernsRoutes = concernsRoutes || model.tracker.neighbours.isSettled(id) && !isAsWanted
            case .overrun:
                resync()
                return
            }
        }
        guard concernsRoutes else { return }
        board.begin(.read)
        defer { rest() }
        do {
            // First what is wanted now, by the links that are there now: a route that went with its link is no loss.
            try readInterfaces()
            try readHost()
            render()
            board.begin(.read)
            note(try kernel.observeRouting(&model.tracker))
            apply()
            settle()
        } catch {
            failed("read routes and neighbours", error)
        }
    }

    /// Whether a route's coming or going may mean that one of ours is not as believed. Replacing a route is announced
    /// as the coming of the new one only, whoever's it is.
    private func isOfConcern(_ route: Route, removed: Bool) -> Bool {
        var route = route
        route.flags = []
        guard route.protocol.rawValue == settings.routes.protocol else {
            return model.programsRoutes(to: route.destination)
        }
        return model.tracker.routes.isSettled(route) == removed
    }

    /// Compares everything with the kernel, and repairs what differs. The first time it adopts what an earlier agent
    /// left there.
    package func resync() {
        guard collection.hasBeenInSync else { return }
        begin(.read)
        defer { rest() }
        compare()
    }

    private func compare() {
        board.begin(.read)
        statistics.figures.comparisons += 1
        do {
            try readInterfaces()
            try readHost(isResync: true)
            // First what is wanted: only then is known which parameters to read.
            render()
            board.begin(.read)
            let drift = model.observe(try kernel.snapshot(model.tracker))
            if hasAdopted {
                note(drift)
            } else {
                hasAdopted = true
                holdUnread()
                warnOfForeignNodes()
            }
            apply()
            settle(everything: true)
        } catch {
            failed("read the kernel's state", error)
        }
    }

    /// Takes other settings.
    ///
    /// Other options of the dataplane are begun with anew, as by another agent: what is wanted is worked out from what
    /// the source has told, what is there is adopted, and the difference is one change.
    func set(_ settings: AgentSettings) {
        sharedSettings.withLock { $0 = settings }
        let options = DataplaneOptions(settings)
        guard options != model.options else { return }
        if hasAdopted { holdsUnread = model.isHolding }
        var fresh = DataplaneModel(options: options)
        for resource in collection.resources.values {
            fresh.put(resource)
        }
        fresh.tracker.owedFlows = model.tracker.owedFlows
        model = fresh
        kernel.options = options
        // Nothing is programmed until the kernel has been read.
        hasAdopted = false
        resync()
    }

    /// A node that goes by another name than its endpoints say programs nothing, which is seldom meant.
    private func warnOfForeignNodes() {
        guard model.endpoints.isEmpty else { return }
        let nodes = Set(
            collection.resources.values.compactMap { resource -> String? in
                if case .workloadEndpoint(let endpoint) = resource { endpoint.node } else { nil }
            })
        guard !nodes.isEmpty else { return }
        logger.warning(
            "All endpoints belong to other nodes; is the node's name right?",
            metadata: ["node": "\(settings.node)", "others": "\(nodes.sorted().prefix(5).joined(separator: ", "))"])
    }

    /// Keeps what an earlier agent programmed for resources that cannot be read at the start.
    private func holdUnread() {
        guard holdsUnread, collection.hasUnreadResources else { return }
        model.holdUnwanted()
        guard model.isHolding else { return }
        logger.warning(
            "Holding what an earlier agent programmed and nobody asks for, until every resource can be read",
            metadata: ["rejected": "\(collection.rejections.count)"])
    }

    private func releaseRead() {
        guard model.isHolding, !collection.hasUnreadResources else { return }
        logger.notice("Every resource can be read: what nobody asks for goes")
        model.release()
    }

    /// The necessities that this kernel lacks.
    func missingFeatures() throws -> [MissingFeature] { try kernel.missingFeatures() }

    private func reconcile() {
        guard collection.hasBeenInSync else { return }
        guard hasAdopted else { return compare() }
        board.begin(.render)
        releaseRead()
        if model.needsHost {
            do {
                try readHost()
            } catch {
                failed("read the host's state", error)
            }
        }
        render()
        apply()
        settle()
    }

    private func render() {
        board.begin(.render)
        rendered.formUnion(model.update { [board] in board.beat() })
    }

    /// - Parameter isResync: Whether a kernel that could not log is asked again: somebody may have loaded the module. One
    ///   that could is asked only if it refused something since, for our rules keep their modules in use.
    private func readHost(isResync: Bool = false) throws {
        let (former, links) = (model.knownLogging, model.host.links)
        let canLog = isResync && (former == false || commitFailure != nil) ? nil : former
        model.setHost(try kernel.hostFacts(model.hostQuestion, canLog: canLog))
        announceMoved(from: links)
        guard former != model.knownLogging else { return }
        switch (former, model.knownLogging) {
        case (_, false):
            logger.warning(
                "This kernel cannot log; rules with action Log only count",
                metadata: ["remedy": "\(DataplaneModel.loggingRemedy)"])
        case (false, true): logger.notice("This kernel can log now; rules with action Log do")
        default: break
        }
    }

    /// Brings the kernel to what is wanted. A refusal may come from the kernel not being as believed: it is read anew
    /// and tried once more before it counts.
    private func apply() {
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
    private func hasUnexplainedDifference(_ report: ExecutionReport) -> Bool {
        model.tracker.hasPending && report.failures.isEmpty
    }

    private func conclude(steps: Int, _ duration: Duration) {
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
    private func note(_ ended: [FlowEnding: Int]) {
        guard !ended.isEmpty else { return }
        var metadata: Logger.Metadata = [:]
        for (ending, count) in ended {
            metadata[ending.rawValue] = "\(count)"
            statistics.ended(ending, count)
        }
        logger.info("Ended running flows that may not go on", metadata: metadata)
    }

    private func failed(_ operation: String, _ error: any Error) {
        statistics.failures += 1
        commitFailure = "\(operation): \(error)"
        scheduleRetry()
        logger.error("Cannot \(operation)", metadata: ["error": "\(error)"])
    }

    /// Tries again after a while, longer each time up to half a minute.
    @discardableResult
    private func scheduleRetry() -> Duration {
        let delay = min((retryDelay ?? .milliseconds(500)) * 2, .seconds(30))
        retryDelay = delay
        retry?.cancel()
        retry = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            resync()
        }
        return delay
    }

    private func readInterfaces() throws {
        let found = try kernel.interfaces()
        for name in model.interfaces.keys where found[name] == nil {
            model.setInterface(nil, for: name)
        }
        for (name, state) in found {
            model.setInterface(state, for: name)
        }
    }

    /// What somebody else changed and will now be put right.
    private func note(_ drift: [Drift]) {
        for item in drift {
            let object = model.describe(item.object)
            statistics.repaired(object, item.change)
            logger.notice(
                "Found changed by somebody else, repairing",
                metadata: ["object": "\(object)", "change": "\(item.change.rawValue)"])
        }
    }

    /// Notes which endpoints have become what they should be, and says which have not.
    /// - Parameter everything: Whether the kernel may hold something else of any endpoint than before.
    private func settle(everything: Bool = false) {
        board.begin(.settle)
        let isClean = !model.tracker.hasPending && commitFailure == nil
        var judged = rendered.union(statistics.awaiting)
        if everything || isClean != wasClean { judged.formUnion(model.endpoints.keys) }
        wasClean = isClean
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
            news[key] = EndpointStanding(endpoint, key, state)
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

    private func forget(_ key: ResourceKey) {
        statistics.removed(key)
        if let former = board.endpoint(key) { leaving[key] = former }
        news[key] = .some(nil)
    }
}
