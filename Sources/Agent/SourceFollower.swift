import Datastore
import ServiceLifecycle
import SystemCalls

/// Hands the source's events to the reconciler, one batch at a time.
struct SourceFollower: Service {
    let datastore: any Datastore
    let reconciler: Reconciler
    /// What an earlier agent accepted; `nil` where nothing is kept.
    let lastGood: LastGoodFile?

    /// How long the source may take to answer before what an earlier agent accepted stands in for it.
    private static let patience = Duration.seconds(10)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            // Read while the source is: both take their time with thousands of resources.
            let restoring = Task(executorPreference: BlockingExecutor(label: "margay restore")) {
                guard let lastGood = lastGood?.load() else { return }
                await reconciler.restore(lastGood)
            }
            let waiting = Task {
                await restoring.value
                guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
                await reconciler.standInForSource()
            }
            defer { waiting.cancel() }
            try await datastore.run { events in
                await restoring.value
                await reconciler.deliver(events)
            }
        }
    }
}

/// Asks the reconcile loop now and then for a sign of life, which it gives between two pieces of work.
struct HeartbeatTimer: Service {
    let reconciler: Reconciler

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await reconciler.beat()
                try await Task.sleep(for: .seconds(2))
            }
        }
    }
}
