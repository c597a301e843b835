package import Dataplane
package import Netlink
import Nftables
package import NftablesNetlink
import Routing

extension LinuxDataplane {
    /// Listens to what others do to our tables, and to nothing that this dataplane does itself.
    package borrowing func rulesetMonitor() throws(NetlinkError) -> NftablesMonitor {
        try NftablesMonitor(Table.owned, except: nftables.portID)
    }

    /// Reads what of our tables somebody may have changed, and nothing else; returns where it differs from what was
    /// believed. Whatever changes while this reads is announced afterwards, and read then.
    ///
    /// Of a table that is gone, or not as it was, all is read: the kernel tells of its end last, after that of thousands of
    /// its rules and chains, and who hears of the first must not put them right one by one.
    package mutating func observe(
        _ touched: TouchedObjects, _ tracker: inout DataplaneTracker
    ) throws(NetlinkError) -> [Drift] {
        var touched = touched
        for table in Table.owned where touched.concerns(table) && !touched.tables.contains(table) {
            if try state(of: table) != tracker.tables.actual(table) { touched.tables.insert(table) }
        }
        var snapshot = TableSnapshot()
        for table in Table.owned {
            if touched.tables.contains(table) {
                try read(table, into: &snapshot)
            } else {
                try readParts(touched, of: table, into: &snapshot)
            }
        }
        return tracker.observe(snapshot, of: touched)
    }

    private mutating func readParts(
        _ touched: TouchedObjects, of table: Table, into snapshot: inout TableSnapshot
    ) throws(NetlinkError) {
        for id in touched.chains where id.table == table {
            if let listed = try nftables.chain(id.name, in: table) {
                snapshot.chains[id] = ChainContents(listed)
            }
        }
        let ids = touched.sets.filter { $0.table == table }
        guard !ids.isEmpty else { return }
        for set in try nftables.sets(in: table) {
            let id = SetID(table, set.name)
            guard ids.contains(id) else { continue }
            try read(set, as: id, into: &snapshot)
        }
    }

    /// Reads kernel parameters again; returns which are not as believed.
    package mutating func observe(_ parameters: Set<SysctlID>, _ tracker: inout DataplaneTracker) -> [Drift] {
        tracker.observe(self.parameters(parameters))
    }
}

extension TouchedObjects {
    package init(_ change: RulesetChange) {
        self.init()
        take(change)
    }

    /// Adds what one more change touched.
    package mutating func take(_ change: RulesetChange) {
        for (table, change) in change.tables {
            if change.isWhole { tables.insert(table) }
            chains.formUnion(change.chains.map { ChainID(table, $0) })
            // Sets without a name of their own are their rule's.
            sets.formUnion(change.sets.filter { !$0.hasPrefix("__") }.map { SetID(table, $0) })
        }
    }
}
