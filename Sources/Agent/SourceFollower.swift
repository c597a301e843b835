import Datastore
import ServiceLifecycle

/// Hands the source's events to the reconciler, one batch at a time.
struct SourceFollower: Service {
    let datastore: any Datastore
    let reconciler: Reconciler

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await datastore.run { await reconciler.deliver($0) }
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
