import Dataplane
import Glibc
import Netlink
import NetworkValues
import Nftables
import NftablesNetlink
import Routing

extension LinuxDataplane {
    /// Removes everything of ours: routes and neighbours first, so that nothing is routed to an endpoint that is no
    /// longer filtered, then the tables. Kernel parameters stay as they are: nobody knows what they were.
    ///
    /// - Returns: What was removed, a line each.
    package mutating func cleanup() throws -> [String] {
        var removed: [String] = []
        let routes = try routes()
        let neighbours = try neighbours()
        let changes =
            routes.map { RoutingChange.deleteRoute($0) }
            + neighbours.keys.map { .deleteNeighbour(Neighbour($0)) }
        let names = Dictionary(try routing.links().map { ($0.index, $0.name) }) { first, _ in first }
        for error in try routing.apply(changes) {
            if let error { throw error }
        }
        removed += changes.map { change in change.object { names[$0] ?? "#\($0)" } }.sorted()
        var transaction = Transaction()
        for table in Table.owned where try nftables.table(table) != nil {
            transaction.append(.deleteTable(table))
            removed.append("table \(table)")
        }
        try nftables.commit(transaction)
        return removed
    }
}
