import Logging
import ServiceLifecycle
import Status
import SystemCalls

/// Keeps the accepted resources on disk, some time after they changed, on a thread of its own.
struct LastGoodKeeper: Service {
    let file: LastGoodFile
    let reconciler: Reconciler
    let logger: Logger

    /// Changes within this are one.
    private static let pause = Duration.seconds(1)
    /// Writing takes no more than this part of the time.
    private static let share = 50
    /// How long until a failure is tried again, and how often the file's age is brought up to date.
    private static let interval = Duration.seconds(30)

    func run() async throws {
        await withTaskExecutorPreference(BlockingExecutor(label: "margay last good")) {
            var keeping = Keeping(keeper: self)
            await withTaskGroup(of: Void.self) { group in
                let (signs, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        for await _ in reconciler.acceptances { continuation.yield() }
                    }
                    continuation.finish()
                }
                group.addTask {
                    try? await cancelWhenGracefulShutdown {
                        while true {
                            try await Task.sleep(for: Self.interval)
                            continuation.yield()
                        }
                    }
                }
                for await _ in signs {
                    let delay = max(Self.pause, keeping.lastDuration * Self.share)
                    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
                    keeping.keep()
                }
                group.cancelAll()
            }
            // What came last is not lost by an orderly end.
            keeping.keep()
        }
    }

    /// For an agent that ends now.
    func keepOnce() {
        var keeping = Keeping(keeper: self)
        keeping.keep()
    }

    /// What is on disk, as far as this agent has written it.
    private struct Keeping {
        let keeper: LastGoodKeeper
        var lastDuration = Duration.zero
        private var version: UInt64?
        private var complaint: String?

        init(keeper: LastGoodKeeper) { self.keeper = keeper }

        mutating func keep() {
            let (resources, present) = keeper.reconciler.collection.kept
            guard let resources else { return }
            guard present != version || complaint != nil else {
                if keeper.reconciler.collection.state == .inSync { keeper.file.file.touch() }
                return
            }
            let start = ContinuousClock.now
            do throws(StateFileError) {
                try keeper.file.save(resources())
                version = present
                complain(nil)
            } catch {
                complain("\(error)")
            }
            lastDuration = ContinuousClock.now - start
        }

        private mutating func complain(_ reason: String?) {
            guard reason != complaint else { return }
            complaint = reason
            let board = keeper.reconciler.board
            guard let reason else {
                keeper.logger.notice("Accepted resources are kept on disk again")
                return board.setNotice(nil, about: "last good")
            }
            keeper.logger.warning(
                "Accepted resources are not kept on disk; it is tried again", metadata: ["error": "\(reason)"])
            board.setNotice(
                "\(reason): accepted resources are not kept on disk, and a restart while the source is out of reach would "
                    + "find an older state", about: "last good")
        }
    }
}
