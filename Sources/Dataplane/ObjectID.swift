import NetworkValues
package import Nftables
package import Routing

/// Any one kernel object of ours.
package enum ObjectID: Hashable, Sendable {
    case table(Table)
    case set(SetID)
    case chain(ChainID)
    case element(ElementID)
    case route(Route)
    case neighbour(NeighbourID)
    case sysctl(SysctlID)
}

extension DataplaneModel {
    /// The object in words that a person finds again in the output of nft and ip.
    package func describe(_ id: ObjectID) -> String {
        switch id {
        case .table(let table): return "table \(table)"
        case .set(let id): return "\(id)"
        case .chain(let id): return "\(id)"
        case .element(let id):
            let key = tracker.sets.desired(id.set)?.key ?? []
            return "element \(key.text(of: id.key, through: id.lastKey)) of \(id.set)"
        case .route(let route): return route.description(interfaceName)
        case .neighbour(let id):
            return "neighbour \(id.isProxy ? "proxy " : "")\(id.address) dev \(interfaceName(id.interfaceIndex))"
        case .sysctl(let id): return "\(id)"
        }
    }

    private func interfaceName(_ index: UInt32) -> String {
        tracker.interfaceNames[index]?.rawValue ?? "#\(index)"
    }
}

extension ObjectBundle {
    /// Those of ``objects`` that are not in the kernel as wanted.
    func unsettled(_ tracker: DataplaneTracker) -> [ObjectID] {
        var objects: [ObjectID] = []
        for id in chains.keys where !tracker.chains.isSettled(id) { objects.append(.chain(id)) }
        elements.visit { set, element in
            if !tracker.elements.isSettled(element, of: set) { objects.append(.element(ElementID(set.id, element))) }
        }
        for id in otherElements.keys where !tracker.elements.isSettled(id) { objects.append(.element(id)) }
        for id in contentSets.keys where !tracker.sets.isSettled(id) { objects.append(.set(id)) }
        for route in routes where !tracker.routes.isSettled(route) { objects.append(.route(route)) }
        for id in neighbours.keys where !tracker.neighbours.isSettled(id) { objects.append(.neighbour(id)) }
        for id in sysctls where !tracker.sysctls.isSettled(id) { objects.append(.sysctl(id)) }
        return objects
    }

    /// All objects of the bundle, nftables first.
    var objects: [ObjectID] {
        var objects: [ObjectID] = chains.keys.map { .chain($0) }
        objects += elements.ids.map { .element($0) }
        objects += otherElements.keys.map { .element($0) }
        objects += contentSets.keys.map { .set($0) }
        objects += routes.map { .route($0) }
        objects += neighbours.keys.map { .neighbour($0) }
        objects += sysctls.map { .sysctl($0) }
        return objects
    }
}

extension DataplaneTracker {
    /// Whether the object is wanted and was last seen in the kernel as wanted.
    package func isSettled(_ id: ObjectID) -> Bool {
        switch id {
        case .table(let table): tables.isSettled(table)
        case .set(let id): sets.isSettled(id)
        case .chain(let id): chains.isSettled(id)
        case .element(let id): elements.isSettled(id)
        case .route(let route): routes.isSettled(route)
        case .neighbour(let id): neighbours.isSettled(id)
        case .sysctl(let id): sysctls.isSettled(id)
        }
    }

    /// Whether the object was last seen in the kernel otherwise than it is wanted, or not wanted.
    func isPending(_ object: ObjectID) -> Bool {
        switch object {
        case .table(let id): tables.desired(id) != tables.actual(id)
        case .set(let id): sets.desired(id) != sets.actual(id)
        case .chain(let id): chains.desired(id) != chains.actual(id)
        case .element(let id): elements.desired(id) != elements.actual(id)
        case .route(let id): routes.desired(id) != routes.actual(id)
        case .neighbour(let id): neighbours.desired(id) != neighbours.actual(id)
        case .sysctl(let id): sysctls.desired(id) != sysctls.actual(id)
        }
    }
}
