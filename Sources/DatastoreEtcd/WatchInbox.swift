import Synchronization

/// What a watch has told and nobody has dealt with yet: of each key the latest. However slow the receiver is, it holds no
/// more than there are keys.
final class WatchInbox: Sendable {
    private struct Contents {
        /// In the order in which the keys first changed.
        var changes: [EtcdChange] = []
        var places: [[UInt8]: Int] = [:]
        var lastHeard = ContinuousClock.now
    }

    private let contents = Mutex(Contents())
    private let signs: AsyncStream<Void>
    private let sign: AsyncStream<Void>.Continuation

    init() { (signs, sign) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// When the server last said something, were it only that nothing has happened.
    var lastHeard: ContinuousClock.Instant { contents.withLock(\.lastHeard) }

    /// Notes that the server has said something.
    func hear() { contents.withLock { $0.lastHeard = .now } }

    func add(_ changes: [EtcdChange]) {
        guard !changes.isEmpty else { return }
        contents.withLock { contents in
            for change in changes {
                if let place = contents.places[change.key] {
                    contents.changes[place] = change
                } else {
                    contents.places[change.key] = contents.changes.count
                    contents.changes.append(change)
                }
            }
        }
        sign.yield()
    }

    /// Nothing more will come.
    func finish() { sign.finish() }

    /// Everything that has come since this was asked before, as soon as there is something; `nil` after the end.
    func next() async -> [EtcdChange]? {
        for await _ in signs {
            let changes = contents.withLock { contents in
                defer { (contents.changes, contents.places) = ([], [:]) }
                return contents.changes
            }
            if !changes.isEmpty { return changes }
        }
        return nil
    }
}
