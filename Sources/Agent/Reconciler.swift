import Dataplane
import DataplaneLinux
package import Datastore
package import Logging
import NetworkValues
import Nftables
import Resources
import Routing
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
    /// What the kernel refuses for the sake of single endpoints; the rest is programmed without it.
    var quarantine = Quarantine()
    /// What the kernel last said against an object; empty once it is as wanted.
    var failures: [ObjectID: String] = [:]
    var commitFailure: String?
    var journal: FlowJournal
    /// Why flows that should have ended may run on.
    var flowFailure: String?
    var flowPace = FlowPace()
    /// Under way while flows wait to be ended.
    var flowWait: Task<Void, Never>?
    /// Whether the kernel's present state has been read: until then it is not known what is ours in it.
    var hasAdopted = false
    /// Whether what the kernel holds and nobody wants may be an unread resource's: an agent that began while it could be
    /// read knows better.
    var holdsUnread = true
    /// How long to wait before what failed is tried again; `nil` while nothing has failed.
    var retryDelay: Duration?
    var retry: Task<Void, Never>?
    /// Who undoes what is repaired.
    var contention = RepairContention()
    var repairTask: Task<Void, Never>?
    /// What the board does not know yet.
    var news: [ResourceKey: EndpointStanding?] = [:]
    /// Endpoints that are wanted no more and may still be in the kernel.
    var leaving: [ResourceKey: EndpointStanding] = [:]
    /// Endpoints that were rendered anew and not judged yet.
    var rendered: Set<ResourceKey> = []
    var wasClean = true
    /// How many signs of life ago so much was taken in or read that what it left free is worth giving back; `nil` after that
    /// was done. A start is such a step too.
    private var looseMemoryAge: Int? = 0
    /// The failures by which endpoints were judged last.
    var judgedFailures: [ObjectID: String] = [:]
    /// The base chains of other programs, as last read.
    var othersChains: [HookedChain] = []
    /// Those of them of which the log has told.
    var notedChains: Set<ForeignChain> = []
    /// Under way when others' chains are about to be read.
    var foreignReading: Task<Void, Never>?
    /// What the source has lost and is not believed to have.
    var brake: MassDeleteBrake
    var belief: Task<Void, Never>?
    /// Interfaces of an earlier start of the host that have not come yet.
    var awaitedInterfaces: Set<InterfaceName> = []
    /// An element after each change of what the next agent should know.
    nonisolated let acceptances: AsyncStream<Void>
    let accept: AsyncStream<Void>.Continuation
    var acceptedVersion: UInt64 = 0
    /// When ``belief`` wakes up.
    var beliefDue: MassDeleteBrake.Instant?

    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Throws: `NetlinkError` when the kernel cannot be talked to.
    package init(settings: AgentSettings, logger: Logger) throws {
        sharedSettings = Mutex(settings)
        self.logger = logger
        board = AgentBoard(
            source: (settings.source.type.rawValue, settings.source.location), node: settings.node)
        let options = DataplaneOptions(settings)
        model = DataplaneModel(options: options)
        brake = MassDeleteBrake(limits: .init(settings))
        (acceptances, accept) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        kernel = try LinuxDataplane(options: options)
        executor = BlockingExecutor(label: "margay reconcile")
        journal = FlowJournal(inFolderOf: settings.status.socket)
        model.tracker.owedFlows = journal.read()
    }

    /// Takes what the source told. When this returns after ``DatastoreEvent/inSync``, it is in the kernel, or the status
    /// says why not.
    package func deliver(_ events: [DatastoreEvent]) {
        begin(.takeIn)
        defer { rest() }
        let rejections = Set(collection.rejections)
        let wasStale = collection.isStale
        var gained: [ResourceKey] = []
        if events.count > Self.manyObjects { looseMemoryAge = 0 }
        for event in events {
            board.beat()
            log(event, absence: statistics.heard(event))
            for resource in collection.take(event) where receive(resource) { gained.append(resource.key) }
            if case .put(let resource, _) = event { model.share(resource) }
        }
        judgeLosses(gained: gained)
        logRejections(since: rejections)
        if case .lost(let reason) = collection.state, collection.isStale, !wasStale { tellOfStaleness(reason) }
        statistics.sourceChanged(collection.state)
        board.post(sourceOverview)
        reconcile()
    }

    /// - Parameter absence: Where the source is in sync again: how long it was out of reach.
    private func log(_ event: DatastoreEvent, absence: Duration?) {
        if case .lost(let reason) = event {
            logger.warning(
                "The source is out of reach; the kernel stays as it is", metadata: ["reason": "\(reason)"])
        }
        if let absence {
            logger.info(
                "The source is back",
                metadata: ["afterSeconds": "\(absence.statusSeconds)", "reconnects": "\(statistics.reconnects)"])
        }
    }

    private func logRejections(since former: Set<RejectedResource>) {
        for rejected in collection.rejections where !former.contains(rejected) {
            logger.warning(
                "Rejected",
                metadata: [
                    "resource": "\(rejected.resource)", "at": "\(rejected.location)",
                    "reason": "\(rejected.message)", "lastGoodKept": "\(rejected.lastGoodKept)",
                ])
        }
    }

    /// Takes other settings.
    ///
    /// Other options of the dataplane are begun with anew, as by another agent: what is wanted is worked out from what
    /// the source has told, what is there is adopted, and the difference is one change.
    func set(_ settings: AgentSettings) {
        sharedSettings.withLock { $0 = settings }
        brake.limits = .init(settings)
        scheduleBelief()
        let options = DataplaneOptions(settings)
        guard options != model.options else { return }
        if hasAdopted { holdsUnread = model.isHolding }
        var fresh = DataplaneModel(options: options)
        for resource in collection.resources.values {
            fresh.put(resource, yields: brake.isHeld(resource.key))
        }
        fresh.tracker.owedFlows = model.tracker.owedFlows
        model = fresh
        quarantine.release()
        kernel.options = options
        // Nothing is programmed until the kernel has been read.
        hasAdopted = false
        resync()
    }

    /// A node that goes by another name than its endpoints say programs nothing, which is seldom meant.
    func warnOfForeignNodes() {
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

    /// Keeps what an earlier agent programmed for resources that cannot be read at the start, or all of which are out of
    /// reach: what was kept of them on disk may be a moment older than what is in the kernel.
    func holdUnread() {
        guard holdsUnread, collection.hasUnreadResources || !collection.hasBeenInSync else { return }
        model.holdUnwanted()
        guard model.isHolding else { return }
        logger.warning(
            "Holding what an earlier agent programmed and nobody asks for, until every resource can be read",
            metadata: ["rejected": "\(collection.rejections.count)"])
    }

    func releaseRead() {
        guard model.isHolding, collection.hasBeenInSync, !collection.hasUnreadResources else { return }
        logger.notice("Every resource can be read: what nobody asks for goes")
        model.release()
    }

    /// The necessities that this kernel lacks.
    func missingFeatures() throws -> [MissingFeature] { try kernel.missingFeatures() }

    func reconcile() {
        guard collection.isKnown else { return }
        guard hasAdopted else { return compare() }
        board.begin(.render)
        releaseRead()
        model.takePolicyChanges()
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
        noteForeignChains()
    }

    func render() {
        board.begin(.render)
        rendered.formUnion(model.update { [board] in board.beat() })
    }

    /// How many objects at once leave enough memory behind to give it back.
    private static var manyObjects: Int { 256 }

    /// All that is in the kernel was read.
    func noteLooseMemory() {
        if model.tracker.elements.actualCount > Self.manyObjects { looseMemoryAge = looseMemoryAge ?? 0 }
    }

    /// Much of the program is needed, and memory that a while later is not.
    func noteRareStep() { looseMemoryAge = looseMemoryAge ?? 0 }

    /// Gives back what large steps have left free, and what of the program they alone needed, two signs of life after them:
    /// those who called for them hold a part of it until they are answered, and what was accepted is kept on disk meanwhile.
    func returnLooseMemory() {
        guard let age = looseMemoryAge else { return }
        looseMemoryAge = age < 2 ? age + 1 : nil
        guard looseMemoryAge == nil else { return }
        ProcessMemory.returnFree()
        ProcessMemory.returnProgram()
    }
}
