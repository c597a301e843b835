package import NetworkValues
package import Routing

/// Routes and neighbours of ours that may not be as believed.
package struct RoutingSuspects: Sendable {
    package var routes: Set<Route> = []
    package var neighbours: Set<NeighbourID> = []

    package init() {}

    package var isEmpty: Bool { routes.isEmpty && neighbours.isEmpty }

    /// What they stand on.
    package var interfaces: Set<UInt32> {
        Set(routes.compactMap(\.interfaceIndex)).union(neighbours.map(\.interfaceIndex))
    }

    package mutating func formUnion(_ other: Self) {
        routes.formUnion(other.routes)
        neighbours.formUnion(other.neighbours)
    }
}

extension DataplaneModel {
    /// The name that the interface with this index was last known by.
    package func interfaceName(of index: UInt32) -> InterfaceName? { tracker.interfaceNames[index] }

    /// What stands on an interface, or should: what its endpoints were last rendered to, and what is yet to be deleted.
    package func routing(on name: InterfaceName, _ index: UInt32) -> RoutingSuspects {
        var suspects = RoutingSuspects()
        for key in endpoints(on: name) {
            guard let bundle = bundle(of: key) else { continue }
            suspects.routes.formUnion(bundle.routes.filter { $0.interfaceIndex == index })
            suspects.neighbours.formUnion(bundle.neighbours.keys.filter { $0.interfaceIndex == index })
        }
        for (route, _) in tracker.routes.pendingDeletions where route.interfaceIndex == index {
            suspects.routes.insert(route)
        }
        for (id, _) in tracker.neighbours.pendingDeletions where id.interfaceIndex == index {
            suspects.neighbours.insert(id)
        }
        return suspects
    }
}

extension DataplaneTracker {
    /// Of the suspects, and of whatever else was found beside them, that is there now which was read. Returns where it
    /// differs from what was believed.
    package mutating func observe(
        _ suspects: RoutingSuspects, routes found: Set<Route>, neighbours entries: [NeighbourID: NeighbourEntry]
    ) -> [Drift] {
        var drift: [Drift] = []
        for route in suspects.routes.union(found) {
            let (before, now) = (routes.actual(route) != nil, found.contains(route))
            guard before != now else { continue }
            observe(route, isPresent: now)
            guard !routes.isSettled(route), now || routes.desired(route) != nil else { continue }
            drift.append(Drift(object: .route(route), change: now ? .foreign : .deleted))
        }
        for id in suspects.neighbours {
            let (before, now) = (neighbours.actual(id), entries[id])
            guard before != now else { continue }
            observe(id, now)
            guard !neighbours.isSettled(id), now != nil || neighbours.desired(id) != nil else { continue }
            drift.append(
                Drift(object: .neighbour(id), change: before == nil ? .foreign : now == nil ? .deleted : .altered))
        }
        return drift
    }
}
