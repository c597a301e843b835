import Datastore
import Glibc
import Resources
import Synchronization

/// Somebody who follows a source and remembers what it told.
final class Observer: Sendable {
    struct View: Sendable {
        var resources: [ResourceKey: Resource] = [:]
        var rejections: [RejectedResource] = []
        var isInSync = false
        /// Why the source was lost, each time that it was.
        var losses: [String] = []
        /// How often the source came to be in sync.
        var syncs = 0
        /// All events, in their order.
        var history: [DatastoreEvent] = []
        /// While a snapshot runs: what it has put.
        fileprivate var snapshot: Set<ResourceKey>?

        /// `WorkloadEndpoint default/web`, sorted.
        var names: [String] { resources.keys.map(\.description).sorted() }

        fileprivate mutating func take(_ event: DatastoreEvent) {
            history.append(event)
            switch event {
            case .snapshotBegins: snapshot = []
            case .put(let resource, _):
                resources[resource.key] = resource
                snapshot?.insert(resource.key)
            case .delete(let key): resources[key] = nil
            case .rejections(let list): rejections = list
            case .inSync:
                if let snapshot { resources = resources.filter { snapshot.contains($0.key) } }
                (snapshot, isInSync) = (nil, true)
                syncs += 1
            case .lost(let reason):
                (snapshot, isInSync) = (nil, false)
                losses.append(reason)
            }
        }
    }

    private let state: SharedView
    private let task: Task<Void, any Error>

    private final class SharedView: Sendable {
        let view = Mutex(View())
    }

    init(_ datastore: some Datastore) {
        let state = SharedView()
        self.state = state
        task = Task {
            try await datastore.run { events in
                state.view.withLock { view in
                    for event in events { view.take(event) }
                }
            }
        }
    }

    deinit { task.cancel() }

    var view: View { state.view.withLock { $0 } }

    /// Stops following, and waits for the end.
    func stop() async {
        task.cancel()
        _ = await task.result
    }

    /// Waits until what the source told satisfies the condition.
    @discardableResult
    func wait(
        for what: String, limit: Duration = .seconds(60), until isSatisfied: (View) -> Bool
    ) async throws -> View {
        let deadline = ContinuousClock.now + limit
        while true {
            let view = view
            if isSatisfied(view) { return view }
            guard ContinuousClock.now < deadline else {
                throw TestKitError(
                    "\(what): not within \(limit); in sync \(view.isInSync), lost \(view.losses), \(view.names.prefix(20)), "
                        + "\(view.rejections.prefix(5))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
