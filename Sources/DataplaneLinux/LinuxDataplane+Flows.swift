import Conntrack
package import Dataplane
package import Netlink
package import NetworkValues
import Routing

extension LinuxDataplane {
    /// Has conntrack forget the flows that a change ends. The flow's next packet is then a new connection's, judged by
    /// what is programmed now.
    ///
    /// Everything is owed until all of it is done: another attempt finds fewer flows, and does no harm.
    package mutating func endFlows(
        _ debt: FlowDebt, _ tracker: inout DataplaneTracker, _ report: inout ExecutionReport
    ) {
        tracker.owedFlows = debt
        let start = SuspendingClock.now
        do throws(NetlinkError) {
            try end(debt, tracker, &report)
        } catch {
            report.flowFailure = "\(error)"
        }
        report.flowWork = start..<SuspendingClock.now
        if report.flowFailure == nil { tracker.owedFlows = FlowDebt() }
    }

    private mutating func end(
        _ debt: FlowDebt, _ tracker: DataplaneTracker, _ report: inout ExecutionReport
    ) throws(NetlinkError) {
        let families = debt.families
        // What begins after the answer is judged by what is programmed by now, as it is after a listing.
        guard !families.isEmpty, conntrack.count() != 0 else { return }
        let selection = FlowSelection(debt, tracker, hostNetworks: debt.judgesPolicy ? try hostNetworks() : [])
        // A listing costs the walk of all buckets, whichever family is asked for: so one for both.
        let entries = try conntrack.entries(of: families.count == 1 ? families.first : nil) {
            selection.reason(toEnd: $0) != nil
        }
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
