import Datastore
import Logging
import Resources
import SystemCalls

/// Follows a folder through its changes, its loss and its return. Blocks its thread in `poll`.
struct FolderFollower {
    let path: String
    let reader: ResourceReader
    let stop: StopSignal
    private let maximumFolders: Int
    let deliver: @Sendable ([DatastoreEvent]) async -> Void
    private var log: FolderLog
    private var state = DirectoryState()

    /// How long files that are being written may delay a snapshot, which would otherwise lack them: a restarted agent
    /// removes what the snapshot lacks.
    private static let patience = Duration.seconds(2)
    /// How often is looked at what inotify does not tell.
    private static let tick = Duration.seconds(2)
    private static let retries = (first: Duration.milliseconds(100), last: Duration.seconds(5))

    init(
        path: String, reader: ResourceReader, maximumFolders: Int, stop: StopSignal, logger: Logger,
        deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void
    ) {
        self.path = path
        self.reader = reader
        self.maximumFolders = maximumFolders
        self.stop = stop
        self.deliver = deliver
        log = FolderLog(logger: logger)
    }

    /// Runs until the stop signal is sent.
    mutating func run() async {
        var retry = Self.retries.first
        var lastReason: String?
        while true {
            do throws(DirectoryError) {
                var session = try FolderSession(path: path, reader: reader, maximumFolders: maximumFolders)
                guard try await deliverSnapshot(of: &session) else { return }
                (retry, lastReason) = (Self.retries.first, nil)
                try await deliverChanges(of: &session)
                return
            } catch {
                if error.description != lastReason { await deliver([.lost(reason: error.description)]) }
                lastReason = error.description
            }
            if stop.wait(retry) == .stop { return }
            retry = min(retry * 2, Self.retries.last)
        }
    }

    /// - Returns: `false` when the stop signal was sent before.
    private mutating func deliverSnapshot(of session: inout FolderSession) async throws(DirectoryError) -> Bool {
        let deadline = ContinuousClock.now + Self.patience
        repeat {
            try session.read(into: &state, &log)
        } while !session.isSettled && session.wait(deadline - .now, orUntil: stop) == .readable
        if stop.wait(.zero) == .stop { return false }
        if !session.isSettled {
            session.lookAgain(at: [])
            try session.read(into: &state, &log, writers: .ignored)
        }
        await deliver(state.snapshot())
        return true
    }

    /// Returns when the stop signal was sent.
    private mutating func deliverChanges(of session: inout FolderSession) async throws(DirectoryError) {
        var nextLook = ContinuousClock.now + Self.tick
        while session.wait(nextLook - .now, orUntil: stop) != .stop {
            if .now >= nextLook {
                session.lookAgain(at: state.unreadableFiles)
                nextLook = .now + Self.tick
            }
            try session.read(into: &state, &log)
            let events = state.takeChanges()
            if !events.isEmpty { await deliver(events) }
        }
    }
}
