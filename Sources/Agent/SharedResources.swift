import Datastore
import Resources
import Synchronization

/// A ``ResourceCollection`` that the reconciler alone changes and anybody may look at, during a long apply too.
final class SharedResources: Sendable {
    private let contents = Mutex(ResourceCollection())

    func take(_ event: DatastoreEvent) -> Resource? { contents.withLock { $0.take(event) } }
    func remove(_ key: ResourceKey) { contents.withLock { $0.remove(key) } }
    func hold(_ resource: Resource) { contents.withLock { $0.hold(resource) } }

    var resources: [ResourceKey: Resource] { contents.withLock { $0.resources } }
    var losses: Set<ResourceKey> { contents.withLock { $0.losses } }
    /// What the source has lost and nobody has decided on yet.
    var lostResources: [Resource] {
        contents.withLock { contents in contents.losses.compactMap { contents.resources[$0] } }
    }
    var rejections: [RejectedResource] { contents.withLock { $0.rejections } }
    var state: ResourceCollection.SourceState { contents.withLock { $0.state } }
    var hasBeenInSync: Bool { contents.withLock { $0.hasBeenInSync } }
    var hasUnreadResources: Bool { contents.withLock { $0.hasUnreadResources } }
}
