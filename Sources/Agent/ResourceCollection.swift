import Datastore
import Resources

/// What the source holds, as told by its events, and what is kept of that although the source has lost it.
struct ResourceCollection: Sendable {
    enum SourceState: Hashable, Sendable {
        /// The first snapshot has not ended yet.
        case syncing
        case inSync
        /// What is known is what the source said last.
        case lost(reason: String)
    }

    /// What is acted upon: what the source holds, and what it has lost and is not believed to have.
    private(set) var resources: [ResourceKey: Resource] = [:]
    /// What the source has lost, and nobody has decided on yet.
    private(set) var losses: Set<ResourceKey> = []
    /// What the source has lost and is kept all the same.
    private(set) var held: Set<ResourceKey> = []
    private(set) var rejections: [RejectedResource] = []
    private(set) var state = SourceState.syncing
    /// Whether a whole snapshot was ever seen: before that nothing may be removed from the kernel.
    private(set) var hasBeenInSync = false
    /// Whether something was rejected of which no good version is known.
    var hasUnreadResources: Bool { rejections.contains { !$0.lastGoodKept } }
    /// While a snapshot runs: what it has put so far.
    private var snapshot: Set<ResourceKey>?

    /// - Returns: A resource that is new or another than before, or that the source has again.
    mutating func take(_ event: DatastoreEvent) -> Resource? {
        switch event {
        case .snapshotBegins:
            snapshot = []
            if case .lost = state { state = .syncing }
        case .put(let resource, _):
            snapshot?.insert(resource.key)
            losses.remove(resource.key)
            let wasHeld = held.remove(resource.key) != nil
            guard resources.updateValue(resource, forKey: resource.key) != resource || wasHeld else { return nil }
            return resource
        case .delete(let key):
            snapshot?.remove(key)
            lose([key])
        case .rejections(let list):
            rejections = list
        case .inSync:
            if let snapshot { lose(resources.keys.filter { !snapshot.contains($0) }) }
            snapshot = nil
            state = .inSync
            hasBeenInSync = true
        case .lost(let reason):
            // Half a snapshot tells nothing about what is gone.
            snapshot = nil
            state = .lost(reason: reason)
        }
        return nil
    }

    private mutating func lose(_ keys: [ResourceKey]) {
        losses.formUnion(keys.filter { resources[$0] != nil && !held.contains($0) })
    }

    /// Lets go of what the source has lost.
    mutating func remove(_ key: ResourceKey) {
        losses.remove(key)
        held.remove(key)
        resources[key] = nil
    }

    /// Keeps what the source has lost.
    mutating func hold(_ resource: Resource) {
        losses.remove(resource.key)
        held.insert(resource.key)
        resources[resource.key] = resource
    }
}
