import NetworkValues
import Resources

/// Who is in a set, and since when: what the set was at the last update can be told from what it is now.
struct MemberTable: Vacant {
    typealias ID = Slots<Self>.ID

    var set = MemberSet(selector: "")
    var query = Query.ID(rawValue: 0)
    /// Policies and profiles whose rules ask for it.
    var users: Set<ResourceKey> = []
    /// How many items bring each member.
    private var counts: [PackedMember: Int32] = [:]
    /// Since the last update: members that came or went, and whether they were there at it.
    private var touched: [PackedMember: Bool] = [:]
    /// How many items are network sets, or have networks of more than one address.
    private var wideItems = 0
    private var reportedKind: MemberSet.Kind?
    /// As of the last update, while the kind is networks.
    private var networks = NetworkCover()

    init() {}

    init(set: MemberSet, query: Query.ID) {
        self.set = set
        self.query = query
    }

    private var kind: MemberSet.Kind? {
        if users.isEmpty { return nil }
        if set.ports != nil { return .ports }
        return wideItems > 0 ? .networks : .addresses
    }

    mutating func count(_ item: Item, _ difference: Int) {
        if let ports = set.ports {
            for port in item.ports where port.protocol == ports.protocol && ports.names.contains(port.name) {
                for network in item.networks where network.isHost {
                    count(PackedMember(network.address, port.protocol, port.port), difference)
                }
            }
            return
        }
        if item.isWide {
            wideItems += difference
        }
        for network in item.networks {
            count(network, difference)
        }
    }

    private mutating func count(_ member: PackedMember, _ difference: Int) {
        let former = counts[member, default: 0]
        let sum = former + Int32(difference)
        counts[member] = sum == 0 ? nil : sum
        if (former == 0) != (sum == 0), reportedKind != nil, touched[member] == nil {
            touched[member] = former > 0
        }
    }

    /// Whether nothing is in the set at present.
    var isEmpty: Bool { counts.isEmpty }

    /// Who was in the set at the last update.
    var reported: Set<MemberSet.Member> {
        switch reportedKind {
        case nil: return []
        case .networks: return Set(networks.visible.map { .network($0) })
        case .addresses, .ports:
            var members = Set(counts.keys.lazy.map(\.member))
            for (member, was) in touched {
                if was { members.insert(member.member) } else { members.remove(member.member) }
            }
            return members
        }
    }

    /// What has changed since the last update, which this is now; `nil` for nothing.
    mutating func update() -> PolicyChanges.SetChange? {
        var change = PolicyChanges.SetChange(formerKind: reportedKind, kind: kind, added: [], removed: [])
        if change.formerKind == change.kind {
            guard !touched.isEmpty else { return nil }
            let moved = touched.filter { (counts[$0.key] != nil) != $0.value }
            touched = [:]
            if kind == .networks {
                let cover = networks.update(
                    added: moved.compactMap { $0.value ? nil : $0.key.network },
                    removed: moved.compactMap { $0.value ? $0.key.network : nil })
                change.added = Set(cover.shown.map { .network($0) })
                change.removed = Set(cover.hidden.map { .network($0) })
            } else {
                change.added = Set(moved.lazy.filter { !$0.value }.map(\.key.member))
                change.removed = Set(moved.lazy.filter { $0.value }.map(\.key.member))
            }
            return change.added.isEmpty && change.removed.isEmpty ? nil : change
        }
        change.removed = reported
        touched = [:]
        networks = NetworkCover()
        reportedKind = change.kind
        if change.kind == .networks {
            _ = networks.update(added: counts.keys.compactMap(\.network), removed: [])
        }
        change.added = reported
        return change
    }
}
