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
    private let executor: any TaskExecutor
    private var retry: RetryDelay
    /// How many keys are asked for at a time.
    private var pageSize: Int
    private var standing = Standing.starting
    /// Why each member failed that was tried since the cluster was followed last.
    private var failures: [EtcdEndpoint: String] = [:]

    private enum Standing {
        /// Nothing was told yet.
        case starting
        case inSync(since: ContinuousClock.Instant)
        case lost(reason: String)
    }

    /// How often a listing is begun anew because its revision was compacted.
    private static let listings = 8
    private static let range = EtcdKeyRange(prefix: EtcdKey.prefix)

    init(
        access: EtcdAccess, tuning: EtcdTuning, reader: ResourceReader, logger: Logger, executor: any TaskExecutor,
        deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void
    ) {
        self.access = access
        self.tuning = tuning
        self.executor = executor
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
        while true {
            for endpoint in endpoints {
                let failure = await follow(endpoint)
                if Task.isCancelled { return }
                guard case .inSync(let start) = standing else {
                    failures[endpoint] = failure
                    continue
                }
                failures = [endpoint: failure]
                await tell(failure)
                if isSteady(since: start) {
                    retry.reset()
                } else if endpoint != endpoints.last {
                    // The next is at hand, but one listing after the other is more than any of them should bear.
                    await pause()
                }
            }
            // Of those that do not answer, all together.
            await tell(endpoints.compactMap { failures[$0] }.joined(separator: "; "))
            await pause()
            if Task.isCancelled { return }
        }
    }

    private func tell(_ reason: String) async {
        if case .lost(reason) = standing { return }
        standing = .lost(reason: reason)
        await deliver([.lost(reason: reason)])
    }

    private func isSteady(since start: ContinuousClock.Instant) -> Bool {
        ContinuousClock.now - start >= tuning.steady
    }

    /// Waits for longer each time, or until the task is cancelled.
    private func pause() async {
        var generator = SystemRandomNumberGenerator()
        try? await Task.sleep(for: retry.next(using: &generator))
    }

    /// Follows the cluster through one member until that fails.
    /// - Returns: Why.
    private func follow(_ endpoint: EtcdEndpoint) async -> String {
        do {
            return try await EtcdConnection.with(endpoint, access, tuning, on: executor) { connection -> String in
                while true {
                    let revision = try await list(over: connection)
                    let start = ContinuousClock.now
                    standing = .inSync(since: start)
                    try await watch(over: connection, from: revision + 1)
                    logger.notice(
                        "What has changed since the last listing is compacted: listing again",
                        metadata: ["endpoint": "\(endpoint)", "revision": "\(revision)"])
                    if isSteady(since: start) { retry.reset() } else { await pause() }
                }
            }
        } catch {
            return "\(error)"
        }
    }

    /// Tells everything, or what differs from what was told before.
    /// - Returns: The revision that everything was read at.
    func list(over connection: EtcdConnection) async throws -> Int64 {
        var delay = RetryDelay(tuning)
        var generator = SystemRandomNumberGenerator()
        var interruptions = 0
        while true {
            do {
                let revision = try await listOnce(over: connection)
                pageSize = min(pageSize, tuning.page)
                return revision
            } catch EtcdConnection.ListingInterruption.compacted {
                interruptions += 1
                guard interruptions < Self.listings else {
                    throw EtcdError(
                        connection.endpoint, "list \(EtcdKey.prefix)",
                        "each of \(interruptions) listings was compacted before its end")
                }
                logger.notice("The listing's revision is compacted: listing again")
                try await Task.sleep(for: delay.next(using: &generator))
                // What is read with one question cannot be compacted under way.
                pageSize *= 4
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
            group.addTask { [tuning] in
                defer { inbox.finish() }
                // Questions are counted and not seconds: when nothing runs here for a while, be it that the machine was
                // suspended or that thousands of values are being read, the server is not to blame.
                var (heard, unanswered) = (inbox.lastHeard, 0)
                while unanswered < tuning.unanswered {
                    try await Task.sleep(for: tuning.question)
                    let latest = inbox.lastHeard
                    (heard, unanswered) = (latest, latest == heard ? unanswered + 1 : 0)
                }
                throw EtcdError(
                    connection.endpoint, "watch \(EtcdKey.prefix)",
                    "the server has said nothing for \((tuning.question * unanswered).components.seconds) s")
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
