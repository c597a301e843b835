import CPeers
import Dataplane
import DataplaneLinux
import Glibc
import NetworkValues
import Resources
import Routing

/// A host whose endpoints have interfaces of their own, in the network namespace in which it is made, and what the same routes
/// and neighbours are to others.
final class RoutedHost {
    private var model: DataplaneModel
    private var kernel: LinuxDataplane
    private let descriptor: Int32
    private var names: [UInt32: String] = [:]
    /// All that leads to endpoints.
    let changes: [Plan.RoutingChange]

    init(_ resources: [Resource], count: Int) throws {
        try ip(
            (1...count).flatMap { number in
                [
                    "link add cali\(number) type veth peer name peer\(number)", "link set peer\(number) up",
                    "link set cali\(number) up",
                ]
            })
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError.system("open a netlink socket") }
        var size: Int32 = 8 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        model = try World.model(resources, interfaces: 0, .shared)
        kernel = try LinuxDataplane(options: model.options)
        for (name, state) in try kernel.interfaces() {
            names[state.index] = name.rawValue
            model.setInterface(state, for: name)
        }
        model.update()
        let interfaces = Set(names.filter { $0.value.hasPrefix("cali") }.keys)
        changes = Planner.plan(model.tracker).routing.filter { change in
            switch change {
            case .addRoute(let route), .deleteRoute(let route): route.interfaceIndex.map(interfaces.contains) == true
            case .setNeighbour(let id, _), .deleteNeighbour(let id): interfaces.contains(id.interfaceIndex)
            }
        }
    }

    deinit { close(descriptor) }

    /// Our way: messages built, sent, and what is there read back.
    func program(_ changes: [Plan.RoutingChange]) throws -> Cost {
        var plan = Plan()
        plan.routing = changes
        let cost = try Cost.of {
            let report = kernel.execute(plan, &model.tracker)
            guard report.isClean else { throw HarnessError("\(report.failures.first.map { "\($0)" } ?? "")") }
            try kernel.verify(plan, &model.tracker)
        }
        for change in changes {
            switch change {
            case .addRoute(let route):
                guard model.tracker.routes.isSettled(route) else { throw HarnessError("\(route) is not there") }
                model.tracker.observe(route, isPresent: false)
            case .setNeighbour(let id, _):
                guard model.tracker.neighbours.isSettled(id) else { throw HarnessError("\(id) is not there") }
                model.tracker.observe(id, nil)
            case .deleteRoute, .deleteNeighbour: break
            }
        }
        return cost
    }

    /// The bare messages, written beforehand, in one call to the kernel, which answers the last alone.
    func send(_ changes: [Plan.RoutingChange], adding: Bool) throws -> Cost {
        var batch: [UInt8] = []
        var message = [UInt8](repeating: 0, count: 128)
        var last = 0
        for change in changes {
            let length: Int
            switch change {
            case .addRoute(let route), .deleteRoute(let route):
                length = cpeers_route(
                    &message, adding ? 1 : 0, route.family.socketFamily, route.destination.address.octets,
                    UInt8(route.destination.length), route.type.rawValue, route.scope.rawValue,
                    route.protocol.rawValue, route.table, route.interfaceIndex ?? 0, route.priority)
            case .setNeighbour(let id, .permanent(let mac)):
                length = cpeers_neighbour(
                    &message, adding ? 1 : 0, id.address.family.socketFamily, id.address.octets, mac.octets, 77,
                    id.interfaceIndex)
            case .setNeighbour, .deleteNeighbour: throw HarnessError("no endpoint here has a proxy entry")
            }
            last = batch.count
            batch += message[..<length]
        }
        return try Cost.of {
            guard cpeers_send_batch(descriptor, &batch, batch.count, last) == 0 else {
                throw HarnessError.system("send routes")
            }
        }
    }

    /// The same as lines for `ip -batch`.
    func lines(_ changes: [Plan.RoutingChange]) throws -> String {
        try changes.map { change in
            switch change {
            case .addRoute(let route), .deleteRoute(let route):
                let place = route.family == .v4 ? "scope link" : "metric \(route.priority)"
                return
                    "route prepend \(route.destination) dev \(names[route.interfaceIndex ?? 0] ?? "") proto 77 \(place)\n"
            case .setNeighbour(let id, .permanent(let mac)):
                return
                    "neigh replace \(id.address) lladdr \(mac) dev \(names[id.interfaceIndex] ?? "") nud permanent protocol 77\n"
            case .setNeighbour, .deleteNeighbour: throw HarnessError("no endpoint here has a proxy entry")
            }
        }.joined()
    }
}

extension IPFamily {
    fileprivate var socketFamily: Int32 { self == .v4 ? AF_INET : AF_INET6 }
}
