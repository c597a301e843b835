import Dataplane
import NetworkValues
import Routing

extension Measure {
    static let routes = Measure(
        name: "routes",
        about: "routes and neighbours of endpoints with real interfaces, against the bare batch and ip -batch"
    ) { settings in
        try [100, 1000].flatMap { count in
            settings.note("\(count) endpoints")
            return try routes(count, runs: settings.runs)
        }
    }

    private static func routes(_ count: Int, runs: Int) throws -> [Row] {
        let resources = try World.resources(count)
        return try inNamespace {
            let host = try RoutedHost(resources, count: count)
            let routes = host.changes.filter { if case .addRoute = $0 { true } else { false } }
            // One of each interface: `ip -batch` asks for an interface once, however many routes lead there.
            let single = routes.filter { change in
                if case .addRoute(let route) = change { route.destination.description.hasPrefix("10.") } else { false }
            }
            guard single.count == count, routes.count < host.changes.count else {
                throw HarnessError("\(single.count) of \(routes.count) routes, \(host.changes.count) changes")
            }
            let name = "routes, \(count) endpoints"
            let neighbours = host.changes.count - routes.count
            return try rows(host, single, "\(name), one IPv4 route each", judged: count == 1000, runs)
                + rows(host, routes, "\(name), all \(routes.count) routes", judged: false, runs)
                + rows(
                    host, host.changes, "\(name), \(routes.count) routes, \(neighbours) neighbours", judged: false, runs
                )
        }
    }

    private static func rows(
        _ host: RoutedHost, _ changes: [Plan.RoutingChange], _ name: String, judged isJudged: Bool, _ runs: Int
    ) throws -> [Row] {
        let lines = try host.lines(changes)
        // Each side begins without any.
        func withdrawn(_ cost: Cost) throws -> Cost {
            _ = try host.send(changes, adding: false)
            return cost.milliseconds
        }
        let costs = try alternating(
            runs: runs,
            [
                { try withdrawn(host.program(changes)) },
                { try withdrawn(host.send(changes, adding: true)) },
                {
                    let outcome = try Program("ip", "-batch", "-").run(input: lines)
                    return try withdrawn(Cost(wall: outcome.wall, processor: outcome.processor))
                },
            ])
        let (ours, floor, peer) = (costs[0], costs[1], costs[2])
        let processor = Row("\(name), processor", ours.processor, "ms").above(floor: floor.processor)
            .beside("ip -batch", peer.processor)
        let wall = Row("\(name), wall", ours.wall, "ms").above(floor: floor.wall).beside("ip -batch", peer.wall)
        return [
            isJudged ? processor.atMost(1.5, times: floor.processor, "floor") : processor.ratio(to: floor.processor),
            isJudged ? wall.atLeast(30, timesBelow: peer.wall, "ip -batch") : wall.ratio(below: peer.wall),
        ]
    }
}
