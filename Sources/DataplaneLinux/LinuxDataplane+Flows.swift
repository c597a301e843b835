import Conntrack
import Dataplane
package import Netlink
package import NetworkValues
import Routing

extension LinuxDataplane {
    /// Has conntrack forget the flows that a change ends. The flow's next packet is then a new connection's, judged by
    /// what is programmed now.
    ///
    /// Everything is owed until all of it is done: another attempt finds fewer flows, and does no harm.
    mutating func endFlows(_ debt: FlowDebt, _ tracker: inout DataplaneTracker, _ report: inout ExecutionReport) {
        tracker.owedFlows = debt
        do throws(NetlinkError) {
            let selection = FlowSelection(debt, tracker, hostNetworks: debt.judgesPolicy ? try hostNetworks() : [])
            for family in debt.families.sorted() {
                try end(of: family, selection, &report)
            }
        } catch {
            report.flowFailure = "\(error)"
        }
        if report.flowFailure == nil { tracker.owedFlows = FlowDebt() }
    }

    private mutating func end(
        of family: IPFamily, _ selection: FlowSelection, _ report: inout ExecutionReport
    ) throws(NetlinkError) {
        let entries = try conntrack.entries(of: family) { selection.reason(toEnd: $0) != nil }
        guard !entries.isEmpty else { return }
        for (entry, error) in zip(entries, try conntrack.delete(entries)) {
            if let error {
                report.flowFailure = "\(error)"
            } else if let reason = selection.reason(toEnd: entry) {
                report.endedFlows[reason, default: 0] += 1
            }
        }
    }

    /// What the host itself answers for, Calico's gateway too.
    package mutating func hostNetworks() throws(NetlinkError) -> [IPPrefix] {
        var networks: [IPPrefix] = []
        for family in IPFamily.allCases {
            networks += try routing.routes(family, table: Route.localTable).filter { $0.type == .local }
                .map(\.destination)
            networks += try routing.routes(family, protocol: RouteProtocol(rawValue: options.routeProtocol))
                .filter { $0.type == .local }.map(\.destination)
        }
        return networks
    }
}
