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
    /// What cannot be used of the source; what is kept of it by ``kept`` is taken into account.
    private(set) var rejections: [RejectedResource] = []
    private var sourceRejections: [RejectedResource] = []
    /// What the source lacks because it cannot be read, in the version that an earlier agent accepted.
    private(set) var kept: Set<ResourceKey> = []
    /// The file, or whatever holds it in the source, that a resource is written in.
    private var places: [ResourceKey: String] = [:]
    /// Another after each change of ``resources``.
    private(set) var version: UInt64 = 0
    /// Whether there is what an earlier agent accepted, and whether that stands in for the source.
    private var hasEarlier = false
    private var standsIn = false
    private(set) var state = SourceState.syncing
    /// Whether a whole snapshot was ever seen: before that nothing may be removed from the kernel.
    private(set) var hasBeenInSync = false
    /// Whether there is something to act upon: what the source holds, or what stands in for it.
    var isKnown: Bool { hasBeenInSync || standsIn }
    /// Whether what an earlier agent accepted stands in for a source that has told nothing yet.
    var isStale: Bool { standsIn && !hasBeenInSync }
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
        case .put(let resource, let location):
            snapshot?.insert(resource.key)
            losses.remove(resource.key)
            kept.remove(resource.key)
            if places.updateValue(location.file, forKey: resource.key) != location.file { version += 1 }
            let wasHeld = held.remove(resource.key) != nil
            guard resources.updateValue(resource, forKey: resource.key) != resource || wasHeld else { return nil }
            version += 1
            return resource
        case .delete(let key):
            snapshot?.remove(key)
            lose([key])
        case .rejections(let list):
            sourceRejections = list
            // A snapshot's come before it is known what it lacks.
            if snapshot == nil { keepRejected(of: kept) } else { judgeRejections() }
        case .inSync:
            if let snapshot { keepRejected(of: resources.keys.filter { !snapshot.contains($0) && !held.contains($0) }) }
            snapshot = nil
            state = .inSync
            if !hasBeenInSync { version += 1 }
            hasBeenInSync = true
        case .lost(let reason):
            // Half a snapshot tells nothing about what is gone.
            snapshot = nil
            state = .lost(reason: reason)
            standsIn = standsIn || hasEarlier
        }
        return nil
    }

    /// Of what the source lacks, keeps what a rejected document is, or may be: one whose identity cannot be read may be any
    /// of the resources that its file had. The rest is lost.
    private mutating func keepRejected(of lacking: some Sequence<ResourceKey>) {
        let names = Set(sourceRejections.map(\.resource))
        var missing: [ResourceKey] = []
        for key in lacking {
            let isRejected =
                names.contains(key.description) || place(of: key).contains { names.contains($0) }
            if isRejected {
                kept.insert(key)
            } else {
                kept.remove(key)
                missing.append(key)
            }
        }
        lose(missing)
        judgeRejections()
    }

    /// The file that holds a resource, and the folders that this lies in.
    private func place(of key: ResourceKey) -> [String] {
        guard let file = places[key] else { return [] }
        return [file] + file.indices.dropFirst().filter { file[$0] == "/" }.map { String(file[..<$0]) }
    }

    private mutating func judgeRejections() {
        guard !kept.isEmpty else { return rejections = sourceRejections }
        let names = Set(kept.flatMap { [$0.description] + place(of: $0) })
        rejections = sourceRejections.map { rejected in
            var rejected = rejected
            rejected.lastGoodKept = rejected.lastGoodKept || names.contains(rejected.resource)
            return rejected
        }
    }

    /// Takes what an earlier agent accepted, before the source has told anything.
    mutating func restore(_ lastGood: LastGood) {
        hasEarlier = true
        for entry in lastGood.entries {
            resources[entry.resource.key] = entry.resource
            places[entry.resource.key] = entry.place
        }
    }

    /// Has what an earlier agent accepted stand in for a source that does not answer.
    /// - Returns: Whether that makes a difference.
    mutating func standIn() -> Bool {
        guard hasEarlier, !isKnown else { return false }
        standsIn = true
        return true
    }

    /// All resources with their places, in a fixed order.
    var entries: [LastGood.Entry] {
        resources.keys.sorted().compactMap { key in
            resources[key].map { LastGood.Entry(resource: $0, place: places[key] ?? "") }
        }
    }

    private mutating func lose(_ keys: [ResourceKey]) {
        losses.formUnion(keys.filter { resources[$0] != nil && !held.contains($0) })
    }

    /// Lets go of what the source has lost.
    mutating func remove(_ key: ResourceKey) {
        losses.remove(key)
        held.remove(key)
        kept.remove(key)
        places[key] = nil
        if resources.removeValue(forKey: key) != nil { version += 1 }
    }

    /// Keeps what the source has lost.
    mutating func hold(_ resource: Resource) {
        losses.remove(resource.key)
        held.insert(resource.key)
        if resources.updateValue(resource, forKey: resource.key) != resource { version += 1 }
    }
}
