package import Dataplane
package import Netlink
import NetworkValues
import Routing

extension LinuxDataplane {
    /// Reads back the routes and neighbours that these changes are about: each by a request of its own, as far as that tells,
    /// else of a few interfaces those of each, otherwise all of their kind. A dump costs what there is of them, and one
    /// endpoint's change must not cost what all others have.
    mutating func verifyRouting(
        _ changes: [Plan.RoutingChange], _ tracker: inout DataplaneTracker
    ) throws(NetlinkError) {
        let areFew = changes.count <= max(Self.fewObjects, tracker.routes.actualCount / Self.dumpedPerRequest)
        let changes = areFew ? try lookUp(changes, &tracker) : changes
        guard !changes.isEmpty else { return }
        let wanted = changes.lazy.compactMap { change -> Route? in
            if case .addRoute(let route) = change { route } else { nil }
        }
        var routes: Set<Route>
        let neighbours: [NeighbourID: NeighbourEntry]
        if Self.areOfFewInterfaces(changes) {
            routes = try self.routes(of: Set(changes.compactMap(\.route)), serving: wanted)
            neighbours = try self.neighbours(of: changes.compactMap(\.neighbour))
        } else {
            let families = Set(changes.compactMap { $0.route?.family })
            routes = try self.routes(families.sorted())
            try enter(serving: wanted, &routes)
            neighbours = try self.neighbours(areProxies: Set(changes.compactMap { $0.neighbour?.isProxy }))
        }
        for change in changes {
            switch change {
            case .addRoute(let route), .deleteRoute(let route):
                tracker.observe(route, isPresent: routes.contains(route))
            case .setNeighbour(let id, _), .deleteNeighbour(let id): tracker.observe(id, neighbours[id])
            }
        }
    }

    /// Reads back what single requests tell of; returns the changes of which they tell nothing.
    private mutating func lookUp(
        _ changes: [Plan.RoutingChange], _ tracker: inout DataplaneTracker
    ) throws(NetlinkError) -> [Plan.RoutingChange] {
        let neighbours = try self.neighbours(of: changes.compactMap(\.neighbour))
        var matches = try routing.routes(to: changes.compactMap { $0.route?.destination.address }).makeIterator()
        var untold: [Plan.RoutingChange] = []
        for change in changes {
            switch change {
            case .addRoute(let route), .deleteRoute(let route):
                if let isPresent = Self.isPresent(route, isWanted: change.isAddition, matches.next() ?? nil) {
                    tracker.observe(route, isPresent: isPresent)
                } else {
                    untold.append(change)
                }
            case .setNeighbour(let id, _), .deleteNeighbour(let id): tracker.observe(id, neighbours[id])
            }
        }
        return untold
    }

    /// What the kernel's choice for a route's destination says of that route; `nil` where it says nothing: the route may be in a
    /// table that no rule names, behind another, or without a carrier.
    private static func isPresent(_ route: Route, isWanted: Bool, _ match: Route?) -> Bool? {
        guard var match else { return nil }
        match.flags = []
        if match == route { return true }
        if isWanted {
            let serves =
                route.family == .v6 && match.protocol != route.protocol && match.serving(as: route.protocol) == route
            return serves ? true : nil
        }
        // The table was looked through: it has none that is closer.
        return match.table == route.table && match.destination.length < route.destination.length ? false : nil
    }

    /// The interfaces that are asked for one by one. The kernel walks all routes of a table each time, which costs it a
    /// small part of telling them.
    private static var fewInterfaces: Int { 8 }

    private static func areOfFewInterfaces(_ changes: [Plan.RoutingChange]) -> Bool {
        var interfaces: Set<UInt32> = []
        for change in changes {
            guard let index = change.interfaceIndex else { return false }
            interfaces.insert(index)
            if interfaces.count > fewInterfaces { return false }
        }
        return true
    }

    /// One dump of a table's routes on an interface.
    private struct RouteQuestion: Hashable {
        let family: IPFamily
        let table: UInt32
        let interfaceIndex: UInt32?
    }

    /// Looks whether these routes and neighbours are as believed; returns where not.
    package mutating func observe(
        _ suspects: RoutingSuspects, _ tracker: inout DataplaneTracker
    ) throws(NetlinkError) -> [Drift] {
        let wanted = suspects.routes.filter { tracker.routes.desired($0) != nil }
        return tracker.observe(
            suspects, routes: try routes(of: suspects.routes, serving: wanted),
            neighbours: try neighbours(of: suspects.neighbours))
    }

    /// Our routes on the interfaces and in the tables of these. Of IPv6 also those of `wanted` in whose place another
    /// stands that leads the same way, as of ``routes(serving:)``.
    private mutating func routes(
        of suspects: Set<Route>, serving wanted: some Sequence<Route>
    ) throws(NetlinkError) -> Set<Route> {
        let ours = RouteProtocol(rawValue: options.routeProtocol)
        let wanted = Set(wanted.filter { $0.family == .v6 })
        let questions = Set(
            suspects.map { RouteQuestion(family: $0.family, table: $0.table, interfaceIndex: $0.interfaceIndex) })
        var routes: Set<Route> = []
        for question in questions {
            let isAny = question.family == .v6
            for var route in try routing.routes(
                question.family, table: question.table, protocol: isAny ? nil : ours,
                interfaceIndex: question.interfaceIndex)
            {
                route.flags = []
                if route.protocol == ours {
                    routes.insert(route)
                } else if wanted.contains(route.serving(as: ours)) {
                    routes.insert(route.serving(as: ours))
                }
            }
        }
        return routes
    }

    private mutating func neighbours(
        of suspects: some Sequence<NeighbourID>
    ) throws(NetlinkError) -> [NeighbourID: NeighbourEntry] {
        var entries: [NeighbourID: NeighbourEntry] = [:]
        for id in suspects {
            if let neighbour = try routing.neighbour(id.address, interfaceIndex: id.interfaceIndex, isProxy: id.isProxy)
            {
                enter(neighbour, &entries)
            }
        }
        return entries
    }
}

extension Route {
    /// One of ours in whose place this stands, which leads the same way.
    func serving(as ours: RouteProtocol) -> Route {
        var route = self
        (route.flags, route.protocol, route.preferredSource) = ([], ours, nil)
        return route
    }
}

extension Plan.RoutingChange {
    fileprivate var route: Route? {
        switch self {
        case .addRoute(let route), .deleteRoute(let route): route
        case .setNeighbour, .deleteNeighbour: nil
        }
    }

    fileprivate var neighbour: NeighbourID? {
        switch self {
        case .addRoute, .deleteRoute: nil
        case .setNeighbour(let id, _), .deleteNeighbour(let id): id
        }
    }

    fileprivate var interfaceIndex: UInt32? { route.map { $0.interfaceIndex } ?? neighbour?.interfaceIndex }
}
