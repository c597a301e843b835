package import Dataplane
import Glibc
package import Netlink
import NetworkValues
import Nftables
import NftablesNetlink
import Routing

extension LinuxDataplane {
    /// Everything of ours in the kernel, and the parameters that `tracker` wants.
    ///
    /// - Throws: ``NetlinkError``, `interrupted` among them when the ruleset never stood still.
    package mutating func snapshot(_ tracker: DataplaneTracker) throws(NetlinkError) -> DataplaneSnapshot {
        var snapshot = DataplaneSnapshot()
        snapshot.hasKnownTables = try areTables(as: tracker)
        if !snapshot.hasKnownTables { (snapshot.tables, snapshot.generation) = try tables() }
        snapshot.routes = try routes(serving: tracker)
        snapshot.neighbours = try neighbours()
        snapshot.sysctls = parameters(Array(tracker.sysctls.desiredKeys))
        return snapshot
    }

    /// Our tables at one generation: somebody's transaction between two dumps makes the picture inconsistent, so it is
    /// taken again. Where others never rest it is taken as it is at last: hardly any of their transactions are about our
    /// tables, and of one that is the agent is told, and reads again.
    ///
    /// - Returns: What was read, and its generation; `nil` as the latter where it is of several.
    private mutating func tables() throws(NetlinkError) -> (TableSnapshot, generation: UInt32?) {
        var snapshot = TableSnapshot()
        for _ in 0..<5 {
            let generation = try nftables.generation()
            snapshot = TableSnapshot()
            for table in Table.owned {
                try read(table, into: &snapshot)
            }
            if try nftables.generation() == generation { return (snapshot, generation) }
        }
        return (snapshot, nil)
    }

    /// Whether nobody has committed anything since `tracker` saw all our tables, so that they are as it knows them.
    ///
    /// The tables themselves are read in any case: the end of the process that holds one lets go of it, or removes it, without
    /// a transaction (`nft_rcv_nl_event`). Elements come and go without one only where a packet adds them or they time out,
    /// which those of our sets never do.
    private mutating func areTables(as tracker: DataplaneTracker) throws(NetlinkError) -> Bool {
        guard let known = tracker.generation else { return false }
        for table in Table.owned where try state(of: table) != tracker.tables.actual(table) { return false }
        return try nftables.generation() == known
    }

    mutating func read(_ table: Table, into snapshot: inout TableSnapshot) throws(NetlinkError) {
        snapshot.states[table] = try state(of: table)
        guard snapshot.states[table] != nil else { return }
        for set in try nftables.sets(in: table) where !set.name.hasPrefix("__") {
            try read(set, as: SetID(table, set.name), into: &snapshot)
        }
        for (name, listed) in try nftables.chains(in: table) {
            snapshot.chains[ChainID(table, name)] = ChainContents(listed)
        }
    }

    mutating func read(
        _ set: ListedSet, as id: SetID, into snapshot: inout TableSnapshot
    ) throws(NetlinkError) {
        // A set of a kind that is never ours is told apart by a key of no type.
        snapshot.sets[id] = set.definition ?? NamedSet(set.name, key: [])
        let elements = try nftables.elementList(of: set.name, in: id.table)
        snapshot.elements.append(elements ?? [], to: id)
    }

    mutating func state(of table: Table) throws(NetlinkError) -> TableState? {
        guard let listed = try nftables.table(table) else { return nil }
        let isHeldByOthers = if let owner = listed.owner { owner != nftables.portID } else { false }
        return TableState(listed.flags, isHeldByOthers: isHeldByOthers)
    }

    /// Reads routes and neighbours; returns where they differ from what was believed.
    package mutating func observeRouting(_ tracker: inout DataplaneTracker) throws(NetlinkError) -> [Drift] {
        tracker.observe(routes: try routes(serving: tracker), neighbours: try neighbours())
    }

    /// Our routes, those in a table of an earlier configuration too; flags left out: `linkdown` and `dead` come and go with the carrier.
    mutating func routes(_ families: [IPFamily] = IPFamily.allCases) throws(NetlinkError) -> Set<Route> {
        var routes: Set<Route> = []
        for family in families {
            let found = try routing.routes(family, protocol: RouteProtocol(rawValue: options.routeProtocol))
            routes.reserveCapacity(routes.count + found.count)
            for var route in found {
                route.flags = []
                routes.insert(route)
            }
        }
        return routes
    }

    /// Our routes, and each wanted one in whose place another stands that leads the same way.
    mutating func routes(serving tracker: DataplaneTracker) throws(NetlinkError) -> Set<Route> {
        var routes = try routes()
        try enter(serving: tracker.routes.desiredKeys, &routes)
        return routes
    }

    /// Enters those of the wanted routes that are not found, and in whose place another stands that leads the same way.
    ///
    /// IPv4 keeps both, ours first. IPv6 keeps no two routes that differ by protocol alone (EEXIST), so whoever made
    /// the first, a CNI plugin for example, it serves as ours until it goes, and it is never deleted as ours.
    mutating func enter(serving wanted: some Sequence<Route>, _ routes: inout Set<Route>) throws(NetlinkError) {
        var missing: Set<Route> = []
        for route in wanted where route.family == .v6 && !routes.contains(route) { missing.insert(route) }
        guard !missing.isEmpty else { return }
        // Usually it is one interface that has just come up, and the kernel can tell its routes from the others.
        let interfaces = Set(missing.map(\.interfaceIndex))
        let ours = RouteProtocol(rawValue: options.routeProtocol)
        for route in try routing.routes(
            .v6, table: options.routeTable, interfaceIndex: interfaces.count == 1 ? interfaces.first ?? nil : nil)
        {
            let served = route.serving(as: ours)
            if missing.contains(served) { routes.insert(served) }
        }
    }

    /// Permanent and proxy entries that bear our protocol. One without a link-layer address is not as we write it.
    /// - Parameter kinds: Whether proxy entries are read, the others, or both: to the kernel they are two tables.
    mutating func neighbours(
        areProxies kinds: Set<Bool> = [false, true]
    ) throws(NetlinkError) -> [NeighbourID: NeighbourEntry] {
        var entries: [NeighbourID: NeighbourEntry] = [:]
        for isProxy in kinds {
            for neighbour in try routing.neighbours(proxies: isProxy) { enter(neighbour, &entries) }
        }
        return entries
    }

    func enter(_ neighbour: Neighbour, _ entries: inout [NeighbourID: NeighbourEntry]) {
        guard neighbour.protocol?.rawValue == options.routeProtocol else { return }
        let isProxy = neighbour.isProxy
        let id = NeighbourID(neighbour.address, interfaceIndex: neighbour.interfaceIndex, isProxy: isProxy)
        if isProxy {
            entries[id] = .proxy(isRouter: neighbour.flags.contains(.router))
        } else if neighbour.state.contains(.permanent) {
            entries[id] = .permanent(neighbour.linkLayerAddress ?? MACAddress(rawValue: 0))
        }
    }

    /// Reads back what a plan touched, so that `tracker` knows it from the kernel and not from having sent it.
    /// - Parameter progressed: Called now and then while it goes on.
    package mutating func verify(
        _ plan: Plan, _ tracker: inout DataplaneTracker, progressed: () -> Void = {}
    ) throws(NetlinkError) {
        if plan.replacesTables {
            tracker.observe(try snapshot(tracker))
            return
        }
        try verifyTransaction(plan, &tracker, progressed)
        progressed()
        if !plan.routing.isEmpty { try verifyRouting(plan.routing, &tracker) }
        progressed()
        let reader = parameterReader(for: plan.sysctls.count)
        for change in plan.sysctls {
            tracker.observe(change.id, reader.value(of: change.id))
        }
    }

    private mutating func verifyTransaction(
        _ plan: Plan, _ tracker: inout DataplaneTracker, _ progressed: () -> Void
    ) throws(NetlinkError) {
        for table in plan.touchedTables {
            tracker.observe(table, try state(of: table))
        }
        if !plan.touchedSets.isEmpty {
            for table in Table.owned {
                let sets = try nftables.sets(in: table)
                for id in plan.touchedSets where id.table == table {
                    let found = sets.first { $0.name == id.name }
                    tracker.observe(id, found.map { $0.definition ?? NamedSet($0.name, key: []) })
                }
            }
        }
        // Many chains or elements are read by a dump, a few by asking for each.
        for table in Table.owned {
            let touched = plan.touchedChains.filter { $0.table == table }
            guard !touched.isEmpty else { continue }
            progressed()
            if touched.count > Self.fewObjects {
                let chains = try nftables.chains(in: table)
                for id in touched {
                    progressed()
                    tracker.observe(id, chains[id.name].map(ChainContents.init))
                }
            } else {
                for id in touched {
                    tracker.observe(id, try nftables.chain(id.name, in: table).map(ChainContents.init))
                }
            }
        }
        try verifyElements(plan.touchedElements, &tracker, progressed)
    }

    private mutating func verifyElements(
        _ touched: TouchedElements, _ tracker: inout DataplaneTracker, _ progressed: () -> Void
    ) throws(NetlinkError) {
        var asked: [TouchedElements.Part] = []
        for part in touched.parts {
            let (set, elements) = (part.set, part.elements)
            let present = tracker.elements.actualCount(of: set)
            // An interval set answers a request for one bound with the range around it.
            if tracker.isHash(set), elements.count <= max(Self.fewObjects, present / Self.dumpedPerRequest) {
                asked.append(part)
                continue
            }
            progressed()
            let found = try nftables.elementList(of: set.name, in: set.table)
            tracker.observe(elements, of: set, among: found ?? [])
        }
        progressed()
        let requests = asked.map { ElementRequest($0.elements, of: $0.set.name, in: $0.set.table) }
        for (part, found) in zip(asked, try nftables.elements(requests)) {
            tracker.observe(part.elements, of: part.set, among: found)
        }
    }

    /// How many elements, or routes, a dump brings in the time that asking for one takes.
    static var dumpedPerRequest: Int { 4 }

    /// So many are asked for one by one; more are read by a dump.
    static var fewObjects: Int { 32 }
}

extension ChainContents {
    init(_ listed: ListedChain) {
        self.init(base: listed.chain.base, rules: listed.rules)
    }
}

extension SysctlKey {
    init(_ id: SysctlID) {
        self.init(path: "net/\(id.path)")
    }
}
