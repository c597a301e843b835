import Datastore
package import Resources

/// Keeps policies out whose tier does not exist, and tiers in force that policies are in. No I/O.
///
/// A policy of a tier that is not there would be asked at a place that nobody meant: instead it waits, and the version of
/// it that is in force stays. A tier that goes would take its policies' place and default action away: instead it stays
/// until they have gone.
struct TierGate: Sendable {
    private struct Waiting: Sendable {
        let policy: Resource
        let tier: String
        let location: ResourceLocation
    }

    private var waiting: [ResourceKey: Waiting] = [:]
    private var waitingByTier: [String: Set<ResourceKey>] = [:]
    /// The policies in force, by tier, with where they were last read; and the tier of each.
    private var members: [String: Set<ResourceKey>] = [:]
    private var tiers: [ResourceKey: String] = [:]
    private var locations: [ResourceKey: ResourceLocation] = [:]
    /// The tiers that are there, and those among them that the source has lost.
    private var existing: Set<String> = []
    private var departed: Set<String> = []

    /// Takes note of what the source holds.
    /// - Returns: Whether it may be in force: otherwise it waits for its tier.
    mutating func takes(
        _ resource: Resource, at location: ResourceLocation, isInForce: (ResourceKey) -> Bool
    ) -> Bool {
        forget(waiting: resource.key)
        if case .tier = resource { departed.remove(resource.key.name) }
        guard let tier = resource.namedTier else { return true }
        locations[resource.key] = location
        guard !isInForce(.tier(tier)) else { return true }
        waiting[resource.key] = Waiting(policy: resource, tier: tier, location: location)
        waitingByTier[tier, default: []].insert(resource.key)
        return false
    }

    /// The policies that have waited for a tier; they wait no more.
    mutating func admit(_ tier: String) -> [Resource] {
        let admitted = (waitingByTier[tier] ?? []).sorted().compactMap { waiting[$0]?.policy }
        for policy in admitted { forget(waiting: policy.key) }
        return admitted
    }

    mutating func forget(waiting key: ResourceKey) {
        guard let former = waiting.removeValue(forKey: key) else { return }
        waitingByTier[former.tier]?.remove(key)
        if waitingByTier[former.tier]?.isEmpty == true { waitingByTier[former.tier] = nil }
    }

    mutating func forgetWaiting(where isGone: (ResourceKey) -> Bool) {
        for key in Array(waiting.keys) where isGone(key) { forget(waiting: key) }
    }

    /// A resource is in force in this version.
    mutating func nowInForce(_ resource: Resource) {
        if case .tier(let tier) = resource { existing.insert(tier.metadata.name) }
        let tier = resource.namedTier
        guard tiers[resource.key] != tier else { return }
        leave(resource.key)
        tiers[resource.key] = tier
        if let tier { members[tier, default: []].insert(resource.key) }
    }

    /// A resource is in force no more.
    mutating func forget(_ key: ResourceKey) {
        if key.kind == .tier {
            existing.remove(key.name)
            departed.remove(key.name)
        }
        leave(key)
        if waiting[key] == nil { locations[key] = nil }
    }

    private mutating func leave(_ key: ResourceKey) {
        guard let tier = tiers.removeValue(forKey: key) else { return }
        members[tier]?.remove(key)
        if members[tier]?.isEmpty == true { members[tier] = nil }
    }

    /// The source has lost these tiers.
    mutating func depart(_ keys: [ResourceKey]) { departed.formUnion(keys.map(\.name)) }

    /// The tiers that the source has lost and no policy is in any more.
    /// - Parameter isLost: Whether a policy is about to go.
    mutating func takeEmpty(_ isLost: (ResourceKey) -> Bool) -> [ResourceKey] {
        let empty = departed.filter { (members[$0] ?? []).allSatisfy(isLost) }
        departed.subtract(empty)
        return empty.map { .tier($0) }
    }

    /// - Parameter isInForce: Whether some version of a resource is.
    func rejections(_ isInForce: (ResourceKey) -> Bool) -> [RejectedResource] {
        guard !waiting.isEmpty || !departed.isEmpty else { return [] }
        let there = existing.filter { isInForce(.tier($0)) }
        let policies = waiting.map { key, waiting in
            RejectedResource(
                resource: key.description, location: waiting.location,
                message: UnknownTier(name: waiting.tier, existing: there).message, lastGoodKept: isInForce(key))
        }
        return policies
            + departed.map { tier in
                let policies = (members[tier] ?? []).sorted()
                let list = policies.prefix(3).map(\.description).joined(separator: ", ")
                let more = policies.count > 3 ? " and \(policies.count - 3) more" : ""
                return RejectedResource(
                    resource: ResourceKey.tier(tier).description,
                    location: policies.first.flatMap { locations[$0] }
                        ?? ResourceLocation(file: "", line: 1, column: 1),
                    message: "the tier is gone and stays in force, for policies are in it: \(list)\(more); delete or "
                        + "move them, or bring the tier back",
                    lastGoodKept: true)
            }
    }
}

/// A policy names a tier that does not exist.
package struct UnknownTier: Hashable, Sendable {
    package let name: String
    private let existing: [String]

    init(name: String, existing: some Sequence<String>) {
        self.name = name
        self.existing = Set(existing).union([Tier.defaultName]).sorted()
    }

    package var message: String {
        "spec.tier: there is no tier \"\(name)\"; accepted: \(existing.joined(separator: ", ")); or create the tier"
    }

    /// The policies among these that name a tier which is not among them.
    package static func all(in resources: [Resource]) -> [(policy: ResourceKey, problem: UnknownTier)] {
        let existing = Set(
            resources.compactMap { resource -> String? in
                if case .tier(let tier) = resource { tier.metadata.name } else { nil }
            })
        return resources.compactMap { resource in
            guard let tier = resource.namedTier, !existing.contains(tier) else { return nil }
            return (resource.key, UnknownTier(name: tier, existing: existing))
        }
    }
}

extension Resource {
    /// The tier that a policy takes for granted; `nil` for the one that always exists, and for policies without effect.
    var namedTier: String? {
        guard case .networkPolicy(let policy) = self, !policy.isStaged, policy.tier != Tier.defaultName else {
            return nil
        }
        return policy.tier
    }
}

extension ResourceKey {
    static func tier(_ name: String) -> ResourceKey { ResourceKey(kind: .tier, namespace: nil, name: name) }
}
