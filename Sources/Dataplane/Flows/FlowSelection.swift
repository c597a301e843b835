package import Conntrack
package import NetworkValues

/// Says of each running flow whether it has to end, and why.
package struct FlowSelection {
    /// Without what they had, and by whom.
    private let departedAddresses: [IPAddress: Set<String>]
    private let departedNetworks: [EndpointNetwork]
    /// Whose addresses are now; `nil` where nobody's network may contain what departed.
    private let owners: AddressOwners?
    private let arrivals: Set<EndpointNetwork>
    /// External addresses with where they lead now.
    private let externals: [IPAddress: IPAddress?]
    private let judge: PolicyJudge?

    /// - Parameters:
    ///   - tracker: As it was when the debt arose or later; flows are judged by what it wants.
    ///   - hostNetworks: What the host itself answers for.
    package init(_ debt: FlowDebt, _ tracker: DataplaneTracker, hostNetworks: [IPPrefix]) {
        let (single, wide) = (debt.departed.filter(\.network.isHost), debt.departed.filter { !$0.network.isHost })
        departedAddresses = Dictionary(grouping: single, by: \.network.address).mapValues { Set($0.map(\.interface)) }
        departedNetworks = Array(wide)
        let isOwnedInPart = !departedNetworks.isEmpty || !(tracker.wideNetworks.isEmpty || debt.departed.isEmpty)
        owners = isOwnedInPart ? AddressOwners(tracker.networks) : nil
        arrivals = departedNetworks.isEmpty ? [] : tracker.arrivals
        externals = Dictionary(uniqueKeysWithValues: debt.externals.map { ($0, tracker.target(ofExternal: $0)) })
        judge = debt.judgesPolicy ? PolicyJudge(tracker, hostNetworks: hostNetworks) : nil
    }

    /// Why the flow ends; `nil` when it goes on.
    package func reason(toEnd flow: ConntrackEntry) -> FlowEnding? {
        let (original, reply) = (flow.original, flow.reply)
        let addresses = [original.source, original.destination, reply.source, reply.destination]
        if addresses.contains(where: hasDeparted) { return .address }
        if contradictsMapping(original, reply) { return .nat }
        return judge?.denies(flow) == true ? .policy : nil
    }

    private func hasDeparted(_ address: IPAddress) -> Bool {
        if let interfaces = departedAddresses[address] {
            // What one of several interfaces still has by a wider network has not left it.
            let owner = owners?.owner(of: address)?.interface
            if interfaces.contains(where: { $0 != owner }) { return true }
        }
        return departedNetworks.contains { departed in
            guard departed.network.contains(address) else { return false }
            guard let owner = owners?.owner(of: address) else { return true }
            if owner.interface == departed.interface { return false }
            // A narrower network of another endpoint within it was that one's all along.
            return owner.network.length <= departed.network.length || arrivals.contains(owner)
        }
    }

    /// A flow to an external address must lead where the address leads now: nowhere unless it is mapped, which is what
    /// flows do that conntrack has picked up in the middle, after their mapping was gone. A flow that leaves under an
    /// external address must come from where that leads.
    private func contradictsMapping(_ original: ConntrackTuple, _ reply: ConntrackTuple) -> Bool {
        guard !externals.isEmpty else { return false }
        if let now = externals[original.destination], reply.source != now ?? original.destination { return true }
        if original.source != reply.destination, let now = externals[reply.destination] {
            return original.source != now
        }
        return false
    }
}
