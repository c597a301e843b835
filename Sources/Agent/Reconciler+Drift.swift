import Dataplane
import DataplaneLinux
import Logging
import NetworkValues
package import Routing
import Settings
import Status

extension Reconciler {
    /// Takes what the kernel announced about links, addresses, routes and neighbours.
    package func handle(_ events: [RoutingEvent]) {
        board.beat()
        guard hasAdopted else { return }
        statistics.beginRound()
        var concernsRoutes = false
        // What of ours may be gone: a link's, or what an event names. It alone is looked at, for a dump of everything costs
        // what all endpoints have. The links are read once more: their events may be older than what is there now.
        var suspects = RoutingSuspects()
        var links: Set<UInt32> = []
        // Then what is gone went with a link or an address: the kernel's own doing, and no dispute with anybody.
        var isKernels = false
        var parameters: Set<SysctlID> = []
        var touched: Set<InterfaceName> = []
        for event in events {
            switch event {
            case .link(let link, let removed):
                guard let name = try? InterfaceName(parsing: link.name) else { continue }
                // The kernel drops the IPv4 routes of a link that goes down and announces none of them.
                let standing = routing(of: link, name)
                if model.setInterface(removed ? nil : InterfaceState(link), for: name) {
                    suspects.formUnion(standing)
                    links.insert(link.index)
                    isKernels = true
                }
                // Whoever reconfigures a link often sets its parameters as well, and of some of these nobody tells.
                touched.insert(name)
                concernsRoutes = concernsRoutes || model.announces(on: link, removed: removed)
            case .address(let address, let removed):
                // Nor does it announce those that go with an interface's last address. Addresses that come, or are of
                // IPv6, take no route of ours along.
                let takesRoutes = removed && address.local.family == .v4
                isKernels = isKernels || takesRoutes
                concernsRoutes = concernsRoutes || takesRoutes || model.announces(by: address)
            case .route(let route, let removed):
                guard isOfConcern(route, removed: removed) else { continue }
                if route.protocol.rawValue == settings.routes.protocol, route.interfaceIndex != nil {
                    var route = route
                    route.flags = []
                    suspects.routes.insert(route)
                } else {
                    concernsRoutes = true
                }
            case .neighbour(let neighbour, let removed):
                guard !neighbour.isProxy else { continue }
                let id = NeighbourID(neighbour.address, interfaceIndex: neighbour.interfaceIndex)
                let isAsWanted =
                    !removed && neighbour.state.contains(.permanent)
                    && neighbour.linkLayerAddress.map { .permanent($0) } == model.tracker.neighbours.desired(id)
                if model.tracker.neighbours.isSettled(id), !isAsWanted { suspects.neighbours.insert(id) }
            case .parameters(let told): parameters.formUnion(model.contradicted(by: told))
            case .overrun:
                resync()
                return
            }
        }
        // Those of an interface that was made anew meanwhile are new as well.
        parameters = parameters.filter(model.tracker.sysctls.isSettled)
            .union(touched.flatMap(model.settledParameters))
        let concernsLinks = !links.isEmpty || !suspects.isEmpty
        guard concernsRoutes || concernsLinks || !parameters.isEmpty else { return }
        board.begin(.read)
        defer { rest() }
        var drift = kernel.observe(parameters, &model.tracker)
        guard concernsRoutes || concernsLinks else {
            repair(drift, .notification(by: nil))
            return
        }
        do {
            // First what is wanted now, by the links that are there now: a route that went with its link is no loss.
            if concernsRoutes { try readInterfaces() } else { try readInterfaces(links, &suspects) }
            believeGone()
            if concernsRoutes || model.needsHost { try readHost() }
            render()
            board.begin(.read)
            if concernsRoutes {
                drift += try kernel.observeRouting(&model.tracker)
            } else if !suspects.isEmpty {
                drift += try kernel.observe(suspects, &model.tracker)
            }
            guard drift.isEmpty || isKernels else {
                repair(drift, .notification(by: nil))
                return
            }
            note(drift, .notification(by: nil))
            apply()
            settle(everything: !drift.isEmpty)
        } catch {
            failed("read routes and neighbours", error)
        }
    }

    /// Whether a route's coming or going may mean that one of ours is not as believed. Replacing a route is announced
    /// as the coming of the new one only, whoever's it is.
    func isOfConcern(_ route: Route, removed: Bool) -> Bool {
        var route = route
        route.flags = []
        guard route.protocol.rawValue == settings.routes.protocol else {
            return model.programsRoutes(to: route.destination)
        }
        return model.tracker.routes.isSettled(route) == removed
    }

    /// Compares everything with the kernel, and repairs what differs. The first time it adopts what an earlier agent
    /// left there.
    package func resync() {
        guard collection.isKnown else { return }
        begin(.read)
        defer { rest() }
        compare()
    }

    func compare() {
        board.begin(.read)
        statistics.figures.comparisons += 1
        defer { noteLooseMemory() }
        do {
            try readInterfaces()
            believeGone()
            try readHost(isResync: true)
            // First what is wanted: only then is known which parameters to read.
            render()
            board.begin(.read)
            readForeignChains()
            noteForeignChains()
            let drift = model.observe(try kernel.snapshot(model.tracker))
            if hasAdopted {
                guard drift.isEmpty else {
                    repair(drift, .comparison)
                    return
                }
            } else {
                hasAdopted = true
                holdUnread()
                warnOfForeignNodes()
            }
            apply()
            settle(everything: true)
        } catch {
            failed("read the kernel's state", error)
        }
    }

    /// - Parameter isResync: Whether a kernel that could not log is asked again: somebody may have loaded the module. One
    ///   that could is asked only if it refused something since, for our rules keep their modules in use.
    func readHost(isResync: Bool = false) throws {
        let (former, links) = (model.knownLogging, model.host.links)
        let canLog = isResync && (former == false || commitFailure != nil || !failures.isEmpty) ? nil : former
        model.takePolicyChanges()
        model.setHost(try kernel.hostFacts(model.hostQuestion, canLog: canLog))
        announceMoved(from: links)
        guard former != model.knownLogging else { return }
        switch (former, model.knownLogging) {
        case (_, false):
            logger.warning(
                "This kernel cannot log; rules with action Log only count",
                metadata: ["remedy": "\(DataplaneModel.loggingRemedy)"])
        case (false, true): logger.notice("This kernel can log now; rules with action Log do")
        default: break
        }
    }

    /// What of ours is believed to stand on a link, before the model hears of its change. On one that has just come there
    /// is nothing.
    private func routing(of link: Link, _ name: InterfaceName) -> RoutingSuspects {
        var suspects = RoutingSuspects()
        if let former = model.interfaces[name] { suspects.formUnion(model.routing(on: name, former.index)) }
        if let renamed = model.interfaceName(of: link.index), renamed != name {
            suspects.formUnion(model.routing(on: renamed, link.index))
        }
        return suspects
    }

    /// Reads these links again, and those of the suspects: what was told of them may be over.
    private func readInterfaces(_ indices: Set<UInt32>, _ suspects: inout RoutingSuspects) throws {
        for index in indices.union(suspects.interfaces) {
            let former = model.interfaceName(of: index)
            let standing = former.map { model.routing(on: $0, index) } ?? RoutingSuspects()
            let isOther: Bool
            if let (name, state) = try kernel.interface(index) {
                isOther = model.setInterface(state, for: name)
            } else {
                isOther = former.map { model.setInterface(nil, for: $0) } ?? false
            }
            if isOther { suspects.formUnion(standing) }
        }
    }

    func readInterfaces() throws {
        let found = try kernel.interfaces()
        for name in model.interfaces.keys where found[name] == nil {
            model.setInterface(nil, for: name)
        }
        for (name, state) in found {
            model.setInterface(state, for: name)
        }
        if !awaitedInterfaces.isEmpty { awaitedInterfaces.subtract(found.keys) }
    }
}
