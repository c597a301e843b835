package import NetworkValues
import Nftables
import Routing

/// Which running flows a change ends: what conntrack took for established would else go on, whatever the rules say now.
package struct FlowDebt: Hashable, Sendable {
    /// Networks that the endpoint of an interface has no more. Every flow with such an address on either side ends.
    package var departed: Set<EndpointNetwork> = []
    /// External addresses that lead somewhere else now, or nowhere, or did not before. Flows that contradict end.
    package var externals: Set<IPAddress> = []
    /// Whether all flows of endpoints are judged anew by the rules.
    package var judgesPolicy = false

    package init() {}

    package var isEmpty: Bool { departed.isEmpty && externals.isEmpty && !judgesPolicy }

    /// The families whose flows have to be looked at.
    package var families: Set<IPFamily> {
        judgesPolicy
            ? Set(IPFamily.allCases) : Set(departed.map(\.network.family)).union(externals.map(\.family))
    }
}

/// Why a running flow ended.
package enum FlowEnding: String, Hashable, Sendable, CaseIterable {
    /// One of its addresses is the endpoint's no more.
    case address
    /// The external address that it was translated by leads elsewhere.
    case nat
    /// Policy allows it no more.
    case policy
}

extension DataplaneTracker {
    /// What bringing the kernel to what is wanted owes, and what earlier attempts still do. It shows in the difference
    /// to the kernel, so that an agent which was not there when an endpoint went ends its flows all the same.
    var flowDebt: FlowDebt {
        var debt = owedFlows
        for set in KnownSet.sources {
            for element in elements.deletions(of: set) {
                if let network = EndpointNetwork(source: element, of: set) { debt.departed.insert(network) }
            }
        }
        for set in [KnownSet.dnat4, .dnat6] {
            let changes = elements.changes(of: set)
            for element in [changes.deletions, changes.updates].joined() where element.isKeyAlone {
                if let external = IPAddress(octets: element.key.bytes) { debt.externals.insert(external) }
            }
        }
        for (route, _) in routes.pendingDeletions where route.type == .unicast && !route.destination.isHost {
            // An interface that is gone has taken its routes along.
            guard let name = route.interfaceIndex.flatMap({ interfaceNames[$0] }) else { continue }
            debt.departed.insert(EndpointNetwork(name.rawValue, route.destination))
        }
        if !wideNetworks.isEmpty {
            for arrival in arrivals {
                for wide in wideNetworks
                where wide.interface != arrival.interface && wide.network.contains(arrival.network) {
                    debt.departed.insert(EndpointNetwork(wide.interface, arrival.network))
                }
            }
        }
        withdraw(from: &debt)
        debt.judgesPolicy = debt.judgesPolicy || judgesRunningFlows && changesPolicy
        return debt
    }

    /// What earlier attempts still owe, without addresses that are their endpoint's again.
    package var outstandingFlows: FlowDebt {
        var debt = owedFlows
        withdraw(from: &debt)
        return debt
    }

    /// Takes out networks that are their endpoint's again.
    private func withdraw(from debt: inout FlowDebt) {
        for network in debt.departed where has(network) { debt.departed.remove(network) }
    }

    /// Whether what is not yet as wanted gives another interface an address whose flows are owed: they must not reach
    /// its new owner.
    package func reassigns(_ debt: FlowDebt) -> Bool {
        guard !debt.departed.isEmpty else { return false }
        let arrivals = arrivals
        let single = Dictionary(grouping: debt.departed.filter(\.network.isHost), by: \.network)
        let wide = debt.departed.filter { !$0.network.isHost }
        return arrivals.contains { arrival in
            single[arrival.network]?.contains { $0.interface != arrival.interface } == true
                || wide.contains { $0.interface != arrival.interface && $0.network.contains(arrival.network) }
        }
    }

    /// Whether an endpoint that is wanted has exactly this network at this interface.
    func has(_ network: EndpointNetwork) -> Bool {
        network.network.isHost ? addresses.contains(network) : wideNetworks.contains(network)
    }

    /// Addresses that an interface gets and did not have, be it with another MAC.
    var arrivals: Set<EndpointNetwork> {
        var (added, gone): (Set<EndpointNetwork>, Set<EndpointNetwork>) = ([], [])
        for set in KnownSet.sources {
            let changes = elements.changes(of: set)
            let differing = Set(changes.differing.map(\.key))
            added.formUnion(
                changes.updates.filter { !differing.contains($0.key) }
                    .compactMap { EndpointNetwork(source: $0, of: set) })
            gone.formUnion(changes.deletions.compactMap { EndpointNetwork(source: $0, of: set) })
        }
        return added.subtracting(gone)
    }

    /// Where connections to an external address are to be led; `nil` if nowhere.
    func target(ofExternal external: IPAddress) -> IPAddress? {
        let id = ElementID(KnownSet.dnat(external.family).id, Element(ElementKey([Value(external)])))
        guard case .data(let data) = elements.desired(id) else { return nil }
        return data.withUnsafeBytes { IPAddress(octets: $0) }
    }

    /// Whether what judges endpoints is not as wanted: their chains, their groups' and profiles', the sets that these
    /// name, or the maps that lead to them.
    private var changesPolicy: Bool {
        func isJudge(_ id: ChainID) -> Bool {
            id.table == .margay && (Self.judges + ["from-", "to-"]).contains(where: id.name.hasPrefix)
        }
        return chains.pendingUpdates.keys.contains(where: isJudge)
            || chains.pendingDeletions.contains { isJudge($0.key) }
            || elements.pendingSets.contains { $0.known == .from || $0.known == .to || $0.isOfRules }
    }
}
