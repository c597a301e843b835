import NetworkValues
import Resources

extension DataplaneModel {
    /// For ``state(of:failure:audit:)`` of one endpoint after the other.
    package var sourceFilterAudit: SourceFilterAudit { SourceFilterAudit(self) }

    /// How the source filter of an endpoint stands: damage comes first, since it may let pass whatever is configured.
    /// - Parameter unsettled: What of the endpoint's own is not in the kernel as wanted.
    func filterState(
        of endpoint: WorkloadEndpoint, _ unsettled: [ObjectID], _ audit: SourceFilterAudit
    ) -> EndpointState.FilterState {
        if !audit.altered.isEmpty || !audit.intruders(at: endpoint.interfaceName).isEmpty { return .altered }
        let isComplete = !unsettled.contains { object in
            if case .element(let id) = object { KnownSet.guards.contains(id.set) } else { false }
        }
        guard audit.missing.isEmpty, isComplete else { return .missing }
        return switch MACFilter(endpoint.mac, on: interfaces[endpoint.interfaceName]?.layer) {
        case .enforced: .enforced
        case .absent: .absent
        case .unenforceable: .unenforceable
        }
    }

    /// What an endpoint has in common with all others, what somebody added for it, and what keeps its MAC from being
    /// enforced. Missing elements are among its own objects.
    func judgeSourceFilter(
        of endpoint: WorkloadEndpoint, _ audit: SourceFilterAudit, _ reasons: inout Reasons
    ) {
        let interface = endpoint.interfaceName
        for (object, difference) in audit.altered {
            reasons.note(.error, "source filter altered: \(describe(object)) \(difference)")
        }
        for id in audit.intruders(at: interface).map({ describe(.element($0)) }).sorted() {
            reasons.note(.error, "source filter altered: \(id) was added")
        }
        for object in audit.missing {
            reasons.note(.pending, "\(describe(object)) is not in the kernel yet")
        }
        guard let mac = endpoint.mac else {
            judgeResolution(of: endpoint, &reasons)
            return
        }
        switch MACFilter(mac, on: interfaces[interface]?.layer) {
        case .unenforceable(.address):
            reasons.note(.blocked, "MAC \(mac) is an EUI-64 that encapsulates no EUI-48: nothing may leave")
        case .unenforceable(.link(let layer)):
            reasons.note(
                .blocked,
                "\(interface) is \(layer), without Ethernet frames, so MAC \(mac) cannot be enforced: nothing may leave; "
                    + "remove mac, or give the workload an Ethernet interface")
        case .enforced, .absent: break
        }
    }

    /// The filter takes only ARP for Ethernet, so on other links the host learns no neighbour from it.
    private func judgeResolution(of endpoint: WorkloadEndpoint, _ reasons: inout Reasons) {
        guard options.filtersARP, let layer = interfaces[endpoint.interfaceName]?.layer, !layer.isEthernet,
            layer.resolvesNeighbours, endpoint.ipNetworks.contains(where: { $0.family == .v4 })
        else { return }
        reasons.note(
            .up,
            "\(endpoint.interfaceName) is \(layer): its ARP is dropped, so IPv4 reaches it only by neighbour "
                + "entries that you add")
    }
}
