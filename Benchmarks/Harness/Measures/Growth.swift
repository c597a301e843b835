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
                let replay = try Replay()
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
                    _ = try side(few)()
                    let bytes = try [there, back].map { target in
                        try many.apply { $0.put(target) }.plan.nftablesTransactions()
                    }
                    let floor = {
                        try (0..<rounds).flatMap { _ in try bytes.map { try replay.cost(of: $0).microseconds } }
                    }
                    let costs = try samples(runs: runs, [side(few), side(many), floor]).map { $0.flatMap { $0 } }
                    func row(_ what: String, _ value: (Cost) -> Double) -> Row {
                        Row("\(name) changed, 10000 present, \(layout), \(what)", value(costs[1].median), "us")
                            .beside("Margay with 100 present", value(costs[0].median)).above(
                                floor: value(costs[2].median))
                    }
                    return [
                        row("p50", \.wall).atMost(1.3, times: costs[0].median.wall, "with 100"),
                        row("processor", \.processor).ratio(to: costs[0].median.processor),
                    ]
                }
            }
        }
    }
}
