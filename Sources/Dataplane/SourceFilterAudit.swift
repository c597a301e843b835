import NetworkValues
import Nftables

/// Where the source filter in the kernel is not as wanted, found once for all endpoints.
package struct SourceFilterAudit: Sendable {
    /// What all endpoints need and is not there.
    let missing: [ObjectID]
    /// What all endpoints need and is there in another way, with what about it differs.
    let altered: [(object: ObjectID, difference: String)]
    /// Sets of rules of which a member is not as wanted; no part of the source filter, and found once for all as well.
    let unsettledSets: Set<SetID>
    /// Elements that let an interface's packets pass and that nobody wants, by the name that their keys start with.
    private let intruders: [String: [ElementID]]

    init(_ model: DataplaneModel) {
        let tracker = model.tracker
        var missing: [ObjectID] = []
        var altered: [(ObjectID, String)] = []
        func judge(_ object: ObjectID, isThere: Bool, _ difference: () -> String) {
            guard !tracker.isSettled(object) else { return }
            if isThere {
                altered.append((object, difference()))
            } else {
                missing.append(object)
            }
        }
        for table in Table.owned where tracker.tables.desired(table) != nil {
            // A table that is gone says it for all that was in it.
            guard let state = tracker.tables.actual(table) else {
                missing.append(.table(table))
                continue
            }
            // One that is not locked filters as well as one that is.
            if state.flags.contains(.dormant) { altered.append((.table(table), "is dormant")) }
            if state.isHeldByOthers { altered.append((.table(table), "belongs to another program")) }
            for set in KnownSet.allCases where set.table == table && set.guardsSources && model.options.needs(set) {
                judge(.set(set.id), isThere: tracker.sets.actual(set.id) != nil) { "is of another kind" }
            }
        }
        for chain in model.guardChains where tracker.tables.actual(chain.table) != nil {
            let (actual, wanted) = (tracker.chains.actual(chain), tracker.chains.desired(chain))
            judge(.chain(chain), isThere: actual != nil) {
                guard actual?.base == wanted?.base else {
                    return "stands elsewhere: \(actual?.base?.text ?? "at no hook")"
                }
                return "has other rules"
            }
        }
        var intruders: [String: [ElementID]] = [:]
        for set in tracker.elements.pendingSets where KnownSet.guards.contains(set) {
            for element in tracker.elements.changes(of: set).deletions {
                intruders[element.key.interfaceName, default: []].append(ElementID(set, element))
            }
        }
        unsettledSets = Set(tracker.elements.pendingSets.filter(\.isOfRules))
        self.missing = missing
        self.altered = altered
        self.intruders = intruders
    }

    /// Elements that let packets of this interface pass and that nobody wants.
    func intruders(at interface: InterfaceName) -> [ElementID] {
        intruders[interface.rawValue] ?? []
    }

    /// The chains that a packet or an ARP frame of an endpoint passes before it is believed.
    static func chains(_ options: DataplaneOptions) -> [ChainID] {
        let arp = options.filtersARP ? Skeleton.arp(options).filter { $0.base?.hook != .output } : []
        return (Skeleton.sourceFilter(options) + arp).map(\.id)
    }
}

extension KnownSet {
    /// Whether the source filter decides by its elements, which start with an interface's name.
    package var guardsSources: Bool {
        switch self {
        case .from, .to, .dnat4, .dnat6, .snat4, .snat6, .hairpin4, .hairpin6, .natExcluded4, .natExcluded6, .arpOwn,
            .arpGateways, .arpDrops:
            false
        default: !rawValue.hasPrefix("drops-")
        }
    }

    static let guards = Set(allCases.filter(\.guardsSources).map(\.id))
}
