import Glibc
import Nftables
import Policy

/// A part of a change that can be left out alone when the kernel refuses the transaction for its sake: nothing is open
/// without it that would be closed with it. What all endpoints have in common is no such part.
package enum Suspect: Hashable, Sendable {
    /// A set that rules of policies or profiles name.
    case contents(SetID)
    /// What an endpoint, a policy, a profile or a policy group asks for and the kernel does not hold.
    case wanted(DataplaneModel.Owner)
    /// An object that is to go.
    case removal(ObjectID)
}

/// Whom refusals are about.
package enum Blame: Hashable, Sendable {
    /// The kernel named them, and what it said.
    case certain([Suspect: String])
    /// One or more of these.
    case among([Suspect])
    /// No single one: what all have in common is refused, or everything.
    case nobody
}

extension DataplaneModel {
    /// Whatever of nftables has yet to change and can be left out; each before those that may lead to what it brings.
    package var suspects: [Suspect] {
        var owners: [(rank: Int, name: String, owner: Owner)] = []
        for (owner, kept) in bundles where owner != .node && !kept.bundle.isSettledInTables(tracker) {
            switch owner {
            case .judge(let key): owners.append((0, "\(key)", owner))
            case .group(let group): owners.append((1, group.name, owner))
            case .endpoint(let key): owners.append((2, key.shortName, owner))
            case .node: break
            }
        }
        let contents = Set(
            tracker.sets.pendingUpdates.keys.filter(\.isOfRules)
                + tracker.elements.pendingUpdates.keys.map(\.set).filter(\.isOfRules)
        ).sorted()
        let elements = tracker.elements.pendingDeletions.map(\.key).filter { tracker.sets.desired($0.set) != nil }
        return contents.map { .contents($0) }
            + owners.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }.map { .wanted($0.owner) }
            + elements.map { .removal(.element($0)) }
            + tracker.chains.pendingDeletions.map(\.key).sorted().map { .removal(.chain($0)) }
            + tracker.sets.pendingDeletions.map(\.key).sorted().map { .removal(.set($0)) }
    }

    /// The objects that are left out with a suspect. Whatever an endpoint has beside nftables is among them: nothing is
    /// routed to one that is not filtered as wanted.
    /// - Parameter members: What sets of rules have yet to get (``pendingMembers``).
    func objects(of suspect: Suspect, _ members: [SetID: [ElementID]]) -> [ObjectID] {
        switch suspect {
        case .contents(let id): [.set(id)] + (members[id] ?? []).map { .element($0) }
        case .wanted(let owner):
            (bundles[owner]?.bundle.objects ?? []).filter { if case .set = $0 { false } else { true } }
        case .removal(.set(let id)):
            [.set(id)] + tracker.elements.pendingDeletions.filter { $0.key.set == id }.map { .element($0.key) }
        case .removal(let id): [id]
        }
    }

    /// What sets of rules have yet to get, by set: there may be thousands of either.
    var pendingMembers: [SetID: [ElementID]] {
        Dictionary(grouping: tracker.elements.pendingUpdates.keys.filter(\.set.isOfRules), by: \.set)
    }

    /// What is wanted, except that suspects' objects are wanted as they are in the kernel.
    package func tracker(without suspects: some Collection<Suspect>) -> DataplaneTracker {
        var tracker = tracker
        let members = pendingMembers
        for suspect in suspects {
            for object in objects(of: suspect, members) where tracker.isPending(object) {
                tracker.leaveAsItIs(object)
            }
        }
        return tracker
    }

    /// Whom the kernel means. It goes on after an error, so that one transaction may name several.
    package func blame(_ refusals: [Refusal]) -> Blame {
        let general = [EPERM, ENOMEM, ENOBUFS, EINTR, EAGAIN]
        guard !refusals.isEmpty, !refusals.contains(where: { $0.errno.map(general.contains) == true }) else {
            return .nobody
        }
        let suspects = suspects
        let members = pendingMembers
        let named = Set(refusals.flatMap(\.objects))
        var owners: [ObjectID: Set<Suspect>] = [:]
        for suspect in suspects {
            for object in objects(of: suspect, members) where named.contains(object) {
                owners[object, default: []].insert(suspect)
            }
        }
        var certain: [Suspect: String] = [:]
        var possible: Set<Suspect> = []
        for refusal in refusals {
            guard !refusal.objects.isEmpty else {
                possible.formUnion(suspects)
                continue
            }
            let meant = refusal.objects.reduce(into: Set<Suspect>()) { $0.formUnion(owners[$1] ?? []) }
            // What all have in common is refused, and then all that stands on it.
            guard let one = meant.first else { return .nobody }
            if meant.count == 1 {
                certain[one] = certain[one] ?? refusal.words
            } else {
                possible.formUnion(meant)
            }
        }
        // The others come up again without those.
        guard certain.isEmpty else { return .certain(certain) }
        return possible.isEmpty ? .nobody : .among(suspects.filter(possible.contains))
    }

    /// The suspect in words.
    package func describe(_ suspect: Suspect) -> String {
        switch suspect {
        case .contents(let id): "\(id)"
        case .wanted(.endpoint(let key)): "endpoint \(key.shortName)"
        case .wanted(.judge(let key)): key.policyWords
        case .wanted(.group(let group)): "policy group \(group.name)"
        case .wanted(.node): "the node's own part"
        case .removal(let id): "removal of \(describe(id))"
        }
    }
}

extension ObjectBundle {
    /// Whether the kernel holds all that it asks for of nftables, sets of rules excepted.
    fileprivate func isSettledInTables(_ tracker: DataplaneTracker) -> Bool {
        chains.keys.allSatisfy(tracker.chains.isSettled) && elements.ids.allSatisfy(tracker.elements.isSettled)
            && otherElements.keys.allSatisfy(tracker.elements.isSettled)
    }
}

extension DataplaneTracker {
    /// Wants the object as it was last seen in the kernel.
    mutating func leaveAsItIs(_ object: ObjectID) {
        switch object {
        case .table(let id): tables.setDesired(tables.actual(id), for: id)
        case .set(let id): sets.setDesired(sets.actual(id), for: id)
        case .chain(let id): chains.setDesired(chains.actual(id), for: id)
        case .element(let id): want(elements.actual(id), for: id)
        case .route(let id): routes.setDesired(routes.actual(id), for: id)
        case .neighbour(let id): neighbours.setDesired(neighbours.actual(id), for: id)
        case .sysctl(let id): sysctls.setDesired(sysctls.actual(id), for: id)
        }
    }
}
