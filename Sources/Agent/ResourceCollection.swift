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
    /// What the source itself says it cannot use; what is kept of it by ``kept`` is taken into account.
    private var judgedRejections: [RejectedResource] = []
    /// Policies whose tier does not exist, and tiers that have gone from under theirs.
    private var tiers = TierGate()
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
    /// What cannot be used of the source.
    var rejections: [RejectedResource] {
        let byTier = tiers.rejections { resources[$0] != nil && !losses.contains($0) }
        guard !byTier.isEmpty else { return judgedRejections }
        return (judgedRejections + byTier).sorted {
            ($0.location, $0.resource, $0.message) < ($1.location, $1.resource, $1.message)
        }
    }
    /// Whether something was rejected of which no good version is known.
    var hasUnreadResources: Bool { rejections.contains { !$0.lastGoodKept } }
    /// While a snapshot runs: what it has put so far.
    private var snapshot: Set<ResourceKey>?

    /// - Returns: The resources that are new or others than before, or that the source has again.
    mutating func take(_ event: DatastoreEvent) -> [Resource] {
        switch event {
        case .snapshotBegins:
            snapshot = []
            if case .lost = state { state = .syncing }
        case .put(let resource, let location):
            snapshot?.insert(resource.key)
            losses.remove(resource.key)
            kept.remove(resource.key)
            if places[resource.key] != location.file {
                places[resource.key] = location.file
                version += 1
            }
            let wasHeld = held.remove(resource.key) != nil
            // What waits for its tier leaves the former version in force.
            guard tiers.takes(resource, at: location, isInForce: isInForce) else { return [] }
            let admitted = admitWaiting(for: resource)
            let isOther = resources[resource.key] != resource || wasHeld
            // Also what is equal: the source keeps what it told, and after a restart there would be two of each.
            resources[resource.key] = resource
            guard isOther else { return admitted }
            tiers.nowInForce(resource)
            loseDepartedTiers()
            version += 1
            return [resource] + admitted
        case .delete(let key):
            snapshot?.remove(key)
            tiers.forget(waiting: key)
            lose([key])
        case .rejections(let list):
            sourceRejections = list
            // A snapshot's come before it is known what it lacks.
            if snapshot == nil { keepRejected(of: kept) } else { judgeRejections() }
        case .inSync:
            if let snapshot {
                tiers.forgetWaiting { !snapshot.contains($0) }
                keepRejected(of: resources.keys.filter { !snapshot.contains($0) && !held.contains($0) })
            }
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
        return []
    }

    private func isInForce(_ tier: ResourceKey) -> Bool { resources[tier] != nil && !losses.contains(tier) }

    /// The policies that have waited for the tier.
    private mutating func admitWaiting(for resource: Resource) -> [Resource] {
        guard case .tier = resource else { return [] }
        return tiers.admit(resource.key.name).filter { policy in
            tiers.nowInForce(policy)
            guard resources.updateValue(policy, forKey: policy.key) != policy else { return false }
            version += 1
            return true
        }
    }

    private mutating func loseDepartedTiers() {
        losses.formUnion(tiers.takeEmpty { losses.contains($0) })
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
        guard !kept.isEmpty else { return judgedRejections = sourceRejections }
        let names = Set(kept.flatMap { [$0.description] + place(of: $0) })
        judgedRejections = sourceRejections.map { rejected in
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
            tiers.nowInForce(entry.resource)
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
        let lost = keys.filter { resources[$0] != nil && !held.contains($0) }
        losses.formUnion(lost.filter { $0.kind != .tier })
        // A tier goes after its policies.
        tiers.depart(lost.filter { $0.kind == .tier })
        loseDepartedTiers()
    }

    /// Lets go of what the source has lost.
    mutating func remove(_ key: ResourceKey) {
        losses.remove(key)
        held.remove(key)
        kept.remove(key)
        places[key] = nil
        tiers.forget(key)
        if resources.removeValue(forKey: key) != nil { version += 1 }
    }

    /// Keeps what the source has lost.
    mutating func hold(_ resource: Resource) {
        losses.remove(resource.key)
        held.insert(resource.key)
        tiers.nowInForce(resource)
        if resources.updateValue(resource, forKey: resource.key) != resource { version += 1 }
    }
}
