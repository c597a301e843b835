import Dataplane
import Resources

extension Measure {
    static let growth = Measure(
        name: "growth", about: "a change that adds no chain (address, MAC, NAT): with 10,000 endpoints against with 100"
    ) { settings in
        var rows: [Row] = []
        for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
            settings.note("\(layout)")
            rows += try Growth.rows(layout, runs: settings.runs)
        }
        return rows
    }
}

private enum Growth {
    private static let changes: [(name: String, change: World.Change)] = [
        ("addresses", .addresses), ("MAC", .mac), ("external address", .external),
    ]
    private static let rounds = 20

    /// Both hosts at once, each in a namespace of its own, taken in turns.
    static func rows(_ layout: DataplaneOptions.ChainLayout, runs: Int) throws -> [Row] {
        let (small, large) = (try World.model(100, layout), try World.model(10_000, layout))
        return try inNamespace {
            let few = try RuledHost(small)
            try few.apply()
            return try inNamespace {
                let many = try RuledHost(large)
                try many.apply()
                return try changes.flatMap { name, change in
                    let there = try World.resources(World.endpoint(50, changing: change))
                    let back = try World.resources(World.endpoint(50))
                    func side(_ host: RuledHost) -> () throws -> [Cost] {
                        {
                            try (0..<rounds).flatMap { _ in
                                try [there, back].map { target in try host.apply { $0.put(target) }.rules.microseconds }
                            }
                        }
                    }
                    // Untimed: whatever the first change of a kind does once.
                    _ = try (side(few)(), side(many)())
                    let costs = try samples(runs: runs, [side(few), side(many)]).map { $0.flatMap { $0 } }
                    let (before, after) = (costs[0].median, costs[1].median)
                    func row(_ what: String, _ after: Double, _ before: Double) -> Row {
                        Row("\(name) changed, 10000 present, \(layout), \(what)", after, "us")
                            .beside("Margay with 100 present", before)
                    }
                    return [
                        row("p50", after.wall, before.wall).atMost(1.3, times: before.wall, "with 100"),
                        row("processor", after.processor, before.processor).ratio(to: before.processor),
                    ]
                }
            }
        }
    }
}
