import Datastore
import Resources
import Synchronization

/// A ``ResourceCollection`` that the reconciler alone changes and anybody may look at, during a long apply too.
final class SharedResources: Sendable {
    private let contents = Mutex(ResourceCollection())

    func take(_ event: DatastoreEvent) -> [Resource] { contents.withLock { $0.take(event) } }
    func restore(_ lastGood: LastGood) { contents.withLock { $0.restore(lastGood) } }
    func standIn() -> Bool { contents.withLock { $0.standIn() } }
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
    var isStale: Bool { contents.withLock { $0.isStale } }
    var isKnown: Bool { contents.withLock { $0.isKnown } }
    /// What the next agent should know, and which version of that it is; `nil` before a whole snapshot was seen.
    var kept: (entries: (() -> [LastGood.Entry])?, version: UInt64) {
        let contents = contents.withLock { $0 }
        return (contents.hasBeenInSync ? { contents.entries } : nil, contents.version)
    }
    var version: UInt64 { contents.withLock { $0.version } }
    var hasBeenInSync: Bool { contents.withLock { $0.hasBeenInSync } }
    var hasUnreadResources: Bool { contents.withLock { $0.hasUnreadResources } }
}
