import Datastore
import Resources
import Synchronization

/// A ``ResourceCollection`` that the reconciler alone changes and anybody may look at, during a long apply too.
final class SharedResources: Sendable {
    private let contents = Mutex(ResourceCollection())

    func take(_ event: DatastoreEvent) -> [ResourceCollection.Change] { contents.withLock { $0.take(event) } }

    var resources: [ResourceKey: Resource] { contents.withLock { $0.resources } }
    var rejections: [RejectedResource] { contents.withLock { $0.rejections } }
    var state: ResourceCollection.SourceState { contents.withLock { $0.state } }
    var hasBeenInSync: Bool { contents.withLock { $0.hasBeenInSync } }
    var hasUnreadResources: Bool { contents.withLock { $0.hasUnreadResources } }
}
