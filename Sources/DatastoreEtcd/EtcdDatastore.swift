public import Datastore
public import Logging
import Resources
import SystemCalls

/// The resources that `calicoctl` and Calico's own components keep in etcd v3, below
/// `/calico/resources/v3/projectcalico.org/`.
///
/// - Everything is listed in pages at one revision, and then watched from it. Whatever ends the watch, compaction, a
///   member's end, a silent connection, everything is listed anew and compared with what was told before.
/// - One member is followed at a time. When it fails the next one is tried, and after all of them a pause of at most 5 s.
/// - A value that cannot be used harms its own key alone: what was last told of it stays.
public struct EtcdDatastore: Datastore {
    public var kind: String { "etcd" }
    public var location: String { access.endpoints.map(\.description).joined(separator: ",") }

    private let access: EtcdAccess
    private let reader: ResourceReader
    private let logger: Logger
    private let executor: any TaskExecutor
    private let tuning: EtcdTuning

    /// - Parameters:
    ///   - access: With at least one endpoint.
    ///   - allowWideNetworks: Whether `ipNetworks` may be wider than one address.
    public init(access: EtcdAccess, allowWideNetworks: Bool, logger: Logger) {
        // Reading thousands of values keeps a thread busy, which must not be the pool's.
        self.init(
            access: access, allowWideNetworks: allowWideNetworks, logger: logger,
            executor: BlockingExecutor(label: "etcd watch"))
    }

    /// - Parameter executor: On whose threads sockets are opened, and so in which network namespace.
    package init(
        access: EtcdAccess, allowWideNetworks: Bool, logger: Logger, executor: any TaskExecutor,
        tuning: EtcdTuning = EtcdTuning()
    ) {
        self.access = access
        self.tuning = tuning
        self.logger = logger
        self.executor = executor
        reader = ResourceReader(allowWideNetworks: allowWideNetworks)
    }

    public func run(_ deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void) async throws {
        let follower = EtcdFollower(
            access: access, tuning: tuning, reader: reader, logger: logger, executor: executor,
            deliver: deliver)
        await withTaskExecutorPreference(executor) { await follower.run() }
    }

    /// - Throws: ``EtcdError`` of the last member, when none could be read.
    public func snapshot() async throws -> [DatastoreEvent] {
        try await withTaskExecutorPreference(executor) {
            var failure: (any Error)?
            for endpoint in access.endpoints {
                let events = EventCollector()
                let follower = EtcdFollower(
                    access: access, tuning: tuning, reader: reader, logger: logger, executor: executor
                ) { await events.add($0) }
                do {
                    _ = try await EtcdConnection.with(endpoint, access, tuning, on: executor) {
                        try await follower.list(over: $0)
                    }
                    return await events.events
                } catch {
                    failure = error
                }
            }
            throw failure ?? CancellationError()
        }
    }
}

private actor EventCollector {
    private(set) var events: [DatastoreEvent] = []

    func add(_ more: [DatastoreEvent]) { events += more }
}
