import Datastore
import Logging
import Resources

/// Follows an etcd cluster through its changes, the loss of its members and their return.
actor EtcdFollower {
    private let access: EtcdAccess
    private let logger: Logger
    private let deliver: @Sendable ([DatastoreEvent]) async -> Void
    private var state: EtcdState
    private let tuning: EtcdTuning
    private var retry: RetryDelay
    /// How many keys are asked for at a time.
    private var pageSize: Int
    /// Whether the source counts as lost, and why it was told to be.
    private var toldReason: String?

    private static let range = EtcdKeyRange(prefix: EtcdKey.prefix)

    init(
        access: EtcdAccess, tuning: EtcdTuning, reader: ResourceReader, logger: Logger,
        deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void
    ) {
        self.access = access
        self.tuning = tuning
        retry = RetryDelay(tuning)
        pageSize = tuning.page
        self.logger = logger
        self.deliver = deliver
        state = EtcdState(reader: reader, logger: logger)
    }

    /// Runs until the task is cancelled.
    func run() async {
        var generator = SystemRandomNumberGenerator()
        // The agents of a fleet spread over the members.
        let start = Int.random(in: access.endpoints.indices, using: &generator)
        let endpoints = access.endpoints[start...] + access.endpoints[..<start]
        while !Task.isCancelled {
            var failures: [String] = []
            for endpoint in endpoints {
                let failure = await follow(endpoint)
                if Task.isCancelled { return }
                // One that has answered before is told at once; of those that do not answer, all together.
                if toldReason == nil { await tell(failure) }
                failures.append(failure)
            }
            await tell(failures.joined(separator: "; "))
            try? await Task.sleep(for: retry.next(using: &generator))
        }
    }

    private func tell(_ reason: String) async {
        guard reason != toldReason else { return }
        toldReason = reason
        await deliver([.lost(reason: reason)])
    }

    /// Follows the cluster through one member until that fails.
    /// - Returns: Why.
    private func follow(_ endpoint: EtcdEndpoint) async -> String {
        do {
            return try await EtcdConnection.with(endpoint, access, tuning) { connection -> String in
                while true {
                    let revision = try await list(over: connection)
                    (toldReason, pageSize) = (nil, tuning.page)
                    retry.reset()
                    try await watch(over: connection, from: revision + 1)
                    logger.notice(
                        "What has changed since the last listing is compacted: listing again",
                        metadata: ["endpoint": "\(endpoint)", "revision": "\(revision)"])
                }
            }
        } catch {
            return "\(error)"
        }
    }

    /// Tells everything, or what differs from what was told before.
    /// - Returns: The revision that everything was read at.
    func list(over connection: EtcdConnection) async throws -> Int64 {
        while true {
            do {
                return try await listOnce(over: connection)
            } catch EtcdConnection.ListingInterruption.compacted {
                // Somebody compacts faster than the pages come.
                logger.notice("The listing's revision is compacted: listing again")
            } catch EtcdConnection.ListingInterruption.tooLarge {
                pageSize = max(1, pageSize / 4)
            }
        }
    }

    private func listOnce(over connection: EtcdConnection) async throws -> Int64 {
        var events = state.beginListing()
        var page = try await connection.page(of: Self.range, limit: pageSize, at: 0)
        let revision = page.revision
        while page.hasMore, let last = page.entries.last {
            // A page is read while the next one is under way and what the former one held is taken in.
            let former = events
            async let next = connection.page(of: Self.range.after(last.key), limit: pageSize, at: revision)
            async let delivery: Void = deliver(unlessEmpty: former)
            // Both begin on this thread, which is busy from here on.
            await Task.yield()
            events = state.list(page.entries)
            await delivery
            do {
                page = try await next
            } catch {
                // What was read counts as told.
                await deliver(unlessEmpty: events)
                throw error
            }
        }
        events += state.list(page.entries)
        await deliver(events + state.endListing())
        return revision
    }

    nonisolated private func deliver(unlessEmpty events: [DatastoreEvent]) async {
        if !events.isEmpty { await deliver(events) }
    }

    /// Tells what changes, until what was to be told is compacted.
    private func watch(over connection: EtcdConnection, from revision: Int64) async throws {
        let inbox = WatchInbox()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { inbox.finish() }
                try await connection.watch(Self.range, from: revision, into: inbox)
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: self.tuning.question)
                    let silence = ContinuousClock.now - inbox.lastHeard
                    guard silence < self.tuning.question * self.tuning.unanswered else {
                        inbox.finish()
                        throw EtcdError(
                            connection.endpoint, "watch \(EtcdKey.prefix)",
                            "the server has said nothing for \(silence.components.seconds) s")
                    }
                }
            }
            defer { group.cancelAll() }
            while let changes = await inbox.next() {
                let events = state.apply(changes)
                if !events.isEmpty { await deliver(events) }
            }
            try await group.next()
        }
    }
}
