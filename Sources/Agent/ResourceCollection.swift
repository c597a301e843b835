import Datastore
import Resources

/// What the source holds, as told by its events.
struct ResourceCollection: Sendable {
    enum SourceState: Hashable, Sendable {
        /// The first snapshot has not ended yet.
        case syncing
        case inSync
        /// What is known is what the source said last.
        case lost(reason: String)
    }

    private(set) var resources: [ResourceKey: Resource] = [:]
    private(set) var rejections: [RejectedResource] = []
    private(set) var state = SourceState.syncing
    /// Whether a whole snapshot was ever seen: before that nothing may be removed from the kernel.
    private(set) var hasBeenInSync = false
    /// Whether something was rejected of which no good version is known.
    var hasUnreadResources: Bool { rejections.contains { !$0.lastGoodKept } }
    /// While a snapshot runs: what it has put so far.
    private var snapshot: Set<ResourceKey>?

    /// What an event means for the model.
    enum Change: Sendable {
        case put(Resource)
        case remove(ResourceKey)
    }

    mutating func take(_ event: DatastoreEvent) -> [Change] {
        switch event {
        case .snapshotBegins:
            snapshot = []
            if case .lost = state { state = .syncing }
            return []
        case .put(let resource, _):
            snapshot?.insert(resource.key)
            guard resources.updateValue(resource, forKey: resource.key) != resource else { return [] }
            return [.put(resource)]
        case .delete(let key):
            snapshot?.remove(key)
            guard resources.removeValue(forKey: key) != nil else { return [] }
            return [.remove(key)]
        case .rejections(let list):
            rejections = list
            return []
        case .inSync:
            let gone = snapshot.map { kept in resources.keys.filter { !kept.contains($0) } } ?? []
            snapshot = nil
            state = .inSync
            hasBeenInSync = true
            for key in gone {
                resources[key] = nil
            }
            return gone.map { .remove($0) }
        case .lost(let reason):
            // Half a snapshot tells nothing about what is gone.
            snapshot = nil
            state = .lost(reason: reason)
            return []
        }
    }
}
