import Datastore
import Logging

@testable import DatastoreDirectory

/// Follows a folder and lets a test wait for what it comes to know.
struct Observation {
    var known = Follower()
    private var batches: AsyncStream<[DatastoreEvent]>.Iterator

    /// Runs `body` while the folder is followed, then stops following and waits until that has ended.
    static func of(
        _ path: String, maximumFolders: Int = FolderTree.maximumFolders,
        beforeDelivery: @escaping @Sendable ([DatastoreEvent]) async -> Void = { _ in },
        _ body: (inout Observation) async throws -> Void
    ) async throws {
        let datastore = DirectoryDatastore(
            path: path, allowWideNetworks: false, logger: Logger(label: "test"), maximumFolders: maximumFolders)
        let (stream, continuation) = AsyncStream.makeStream(of: [DatastoreEvent].self)
        var observation = Observation(batches: stream.makeAsyncIterator())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await datastore.run { events in
                    await beforeDelivery(events)
                    continuation.yield(events)
                }
            }
            defer { group.cancelAll() }
            try await body(&observation)
        }
    }

    private init(batches: AsyncStream<[DatastoreEvent]>.Iterator) { self.batches = batches }

    /// Takes the next batch in.
    /// - Returns: its events as ``summary(_:)-([DatastoreEvent])`` shortens them.
    @discardableResult
    mutating func next() async throws -> [String] {
        // The stream ends for a test that is out of time.
        guard let events = await batches.next(isolation: nil) else { throw CancellationError() }
        known.take(events)
        return summary(events)
    }

    /// Takes batches in until the condition holds; the test's time limit bounds the wait.
    mutating func until(_ condition: (Follower) -> Bool) async throws {
        while !condition(known) { try await next() }
    }
}

/// Lets one side wait until the other opens it, once.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    func pass() async { for await _ in stream {} }
}
