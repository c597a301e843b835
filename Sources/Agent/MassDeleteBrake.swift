import Resources
import Settings

/// Decides whether a source that loses endpoints is believed. Pure: the clock and the interfaces are the caller's.
///
/// A source that loses many endpoints at once is more often broken than right: a folder that is not mounted, an emptied
/// etcd, a wrong selector. What it loses then is held until somebody confirms it, or until the source has said the same
/// long enough. The loss of an endpoint whose interface is gone is believed at once, and counts for nothing.
struct MassDeleteBrake: Sendable {
    /// Time in which the machine sleeps does not count: the source was not asked meanwhile.
    typealias Instant = SuspendingClock.Instant

    struct Limits: Hashable, Sendable {
        /// More than this percentage of the endpoints must be lost. At 100 nothing ever is held.
        var percent: Int
        /// And at least so many.
        var minimum: Int
        /// How long a loss that stays the same is held.
        var hold: Duration
    }

    /// Whether an endpoint may still be there although its source has lost it.
    enum Presence: Hashable, Sendable {
        /// Its interface is there, by this index.
        case there(UInt32)
        /// Its interface has not been seen since the host started, and may yet come.
        case awaited
        /// Its interface is not there, or another endpoint has it.
        case gone
    }

    /// What is to be done with losses.
    struct Verdict: Hashable, Sendable {
        var believed: Set<ResourceKey> = []
        /// Stay, or come back if they had been believed a moment ago.
        var held: [Resource] = []
    }

    private struct HeldEndpoint: Sendable {
        let endpoint: WorkloadEndpoint
        let presence: Presence
        let since: Instant
    }

    /// Losses within this count together.
    static let window = Duration.seconds(10)

    var limits: Limits
    /// What was lost within the last ``window`` and believed.
    private var recent: [ResourceKey: (resource: Resource, at: Instant)] = [:]
    /// Endpoints that came since the first of the recent losses: they were not there to be lost.
    private var gained: Set<ResourceKey> = []
    private var held: [ResourceKey: HeldEndpoint] = [:]
    /// The profiles, policies and whatever they rest on that are held with endpoints, and how many held endpoints name
    /// each profile.
    private var heldJudges: Set<ResourceKey> = []
    private var profileUsers: [String: Int] = [:]
    /// Since when the source has said the same; `nil` while it says nothing.
    private var since: Instant?
    /// How many endpoints there were before the losses that are held.
    private(set) var total = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Whether the source is not believed at present.
    var isHolding: Bool { !held.isEmpty }
    var heldCount: Int { held.count }

    /// When the held losses will be believed, if nothing changes; `nil` while nothing is held or the source is away.
    var deadline: Instant? { isHolding ? since.map { $0 + limits.hold } : nil }

    func isHeld(_ key: ResourceKey) -> Bool {
        key.kind == .workloadEndpoint ? held[key] != nil : heldJudges.contains(key)
    }

    /// Since when an endpoint has been held; `nil` if it is not.
    func heldSince(_ key: ResourceKey) -> Instant? { held[key]?.since }

    /// Takes in what the source has lost in one step, and what came with it.
    /// - Parameters:
    ///   - losses: Endpoints of this node, and resources of other kinds.
    ///   - gained: The endpoints of this node that are new in this step.
    ///   - others: How many endpoints of this node the source has now.
    mutating func judge(
        _ losses: [Resource], gained new: [ResourceKey], others: Int, at now: Instant,
        _ presence: (WorkloadEndpoint) -> Presence
    ) -> Verdict {
        recent = recent.filter { now - $0.value.at < Self.window }
        if recent.isEmpty { gained = [] }
        if !recent.isEmpty || !losses.isEmpty { gained.formUnion(new) }
        var verdict = Verdict()
        var missed: [(endpoint: WorkloadEndpoint, presence: Presence)] = []
        for case .workloadEndpoint(let endpoint) in losses {
            gained.remove(endpoint.key)
            let presence = presence(endpoint)
            if presence == .gone { verdict.believed.insert(endpoint.key) } else { missed.append((endpoint, presence)) }
        }
        let others = others - gained.count
        if !isHolding {
            // Who of the earlier ones is still there is asked only where they might be too many: sources that delete one
            // after the other are the usual ones.
            let most = recent.count + missed.count
            let mayBeTooMany = !missed.isEmpty && isTooMany(most, of: most + others)
            let earlier = (mayBeTooMany ? recentEndpoints : []).map { (endpoint: $0, presence: presence($0)) }
                .filter { $0.presence != .gone }
            let count = earlier.count + missed.count
            if mayBeTooMany, isTooMany(count, of: count + others) {
                total = count + others
                missed += earlier
            } else {
                for (endpoint, _) in missed {
                    recent[endpoint.key] = (.workloadEndpoint(endpoint), now)
                    verdict.believed.insert(endpoint.key)
                }
                missed = []
            }
        }
        if !missed.isEmpty { since = now }
        for (endpoint, presence) in missed {
            hold(endpoint, presence, at: now)
            verdict.held.append(.workloadEndpoint(endpoint))
        }
        holdJudges(losses, at: now, &verdict)
        return verdict
    }

    private var recentEndpoints: [WorkloadEndpoint] {
        recent.values.compactMap { loss in
            guard case .workloadEndpoint(let endpoint) = loss.resource else { return nil }
            return endpoint
        }
    }

    private func isTooMany(_ count: Int, of total: Int) -> Bool {
        count >= limits.minimum && count * 100 > limits.percent * total
    }

    /// Held endpoints keep their profiles, and all policies with what their selectors and order rest on: a policy less may
    /// open an endpoint. Whichever was lost first.
    private mutating func holdJudges(_ losses: [Resource], at now: Instant, _ verdict: inout Verdict) {
        for loss in losses where loss.key.kind != .workloadEndpoint {
            recent[loss.key] = (loss, now)
            verdict.believed.insert(loss.key)
        }
        guard isHolding else { return }
        for (key, loss) in recent where key.kind != .workloadEndpoint {
            guard key.kind != .profile || profileUsers[key.name] != nil else { continue }
            recent[key] = nil
            heldJudges.insert(key)
            verdict.believed.remove(key)
            verdict.held.append(loss.resource)
        }
    }

    private mutating func hold(_ endpoint: WorkloadEndpoint, _ presence: Presence, at now: Instant) {
        recent[endpoint.key] = nil
        held[endpoint.key] = HeldEndpoint(endpoint: endpoint, presence: presence, since: now)
        for profile in endpoint.profiles { profileUsers[profile, default: 0] += 1 }
    }

    /// The source has a resource again.
    /// - Returns: Profiles and policies that no held endpoint needs any more.
    mutating func returned(_ key: ResourceKey, at now: Instant) -> [ResourceKey] {
        recent[key] = nil
        guard isHeld(key) else { return [] }
        if since != nil { since = now }
        guard key.kind != .workloadEndpoint else { return release(key) }
        heldJudges.remove(key)
        return []
    }

    /// Believes the loss of the held endpoints whose interface has gone, been made anew, or been given to another.
    /// - Returns: What is to be removed.
    mutating func believeGone(_ presence: (WorkloadEndpoint) -> Presence) -> [ResourceKey] {
        let gone = held.filter { _, item in
            let now = presence(item.endpoint)
            return now == .gone || now != item.presence && item.presence != .awaited
        }
        return gone.keys.flatMap { [$0] + release($0) }
    }

    /// Believes everything that is held.
    /// - Returns: What is to be removed.
    mutating func believeAll() -> [ResourceKey] {
        let keys = Array(held.keys) + heldJudges
        self = Self(limits: limits)
        return keys
    }

    /// The source is in sync: from here on it says the same, until it says something else.
    mutating func sourceAnswers(at now: Instant) {
        if isHolding, since == nil { since = now }
    }

    /// The source is out of reach: it confirms nothing by its silence.
    mutating func sourceIsLost() { since = nil }

    private mutating func release(_ key: ResourceKey) -> [ResourceKey] {
        guard let item = held.removeValue(forKey: key) else { return [] }
        var unneeded: [ResourceKey] = []
        for profile in item.endpoint.profiles {
            guard let users = profileUsers[profile] else { continue }
            profileUsers[profile] = users > 1 ? users - 1 : nil
            let key = ResourceKey(kind: .profile, namespace: nil, name: profile)
            if users == 1, heldJudges.remove(key) != nil { unneeded.append(key) }
        }
        if held.isEmpty {
            unneeded += heldJudges
            heldJudges = []
        }
        return unneeded
    }
}

extension MassDeleteBrake.Limits {
    init(_ settings: AgentSettings) {
        self.init(
            percent: settings.massDeleteLimit, minimum: settings.massDeleteMinimum, hold: settings.massDeleteHold)
    }
}
