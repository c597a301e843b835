import Dataplane
import Nftables
import NftablesNetlink

extension Measure {
    static let drift = Measure(
        name: "drift",
        about: "somebody deletes an element, a chain's rules or everything: from his transaction to verified rules"
    ) { settings in
        var rows: [Row] = []
        for count in [1000, 10_000] {
            for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
                settings.note("\(count) endpoints, \(layout)")
                rows += try drift(count, layout, runs: count > 1000 ? max(1, settings.runs / 2) : settings.runs)
            }
        }
        return rows
    }

    private static func drift(_ count: Int, _ layout: DataplaneOptions.ChainLayout, runs: Int) throws -> [Row] {
        // Without interfaces: what is repaired is rules.
        let model = try World.model(World.resources(count), interfaces: 0, layout)
        return try inNamespace {
            let host = try RuledHost(model)
            let bytes = try host.applyAll().nftablesTransactions()
            var monitor = try host.monitor()
            _ = try monitor.changes(limit: .max)
            let listing = try Program("nft", "list", "ruleset").run().output
            let target =
                try Program("nft", "get", "element", "inet", "margay", "from", "{ \"cali7\" }").run().output
                .split(separator: "\n").first { $0.contains("elements =") }
            guard let element = target?.split(separator: "{").last?.split(separator: "}").first else {
                throw HarnessError("cali7 has no element")
            }
            let forward = try Program("nft", "list", "chain", "inet", "margay", "source-filter").run().output
            let acts: [(name: String, act: String, others: String)] = [
                (
                    "an element deleted", "delete element inet margay from {\(element)}",
                    "add element inet margay from {\(element)}"
                ),
                ("a chain's rules deleted", "flush chain inet margay source-filter", forward),
                ("everything flushed", "flush ruleset", listing),
            ]
            return try acts.map { name, act, others in
                let isFlush = act == "flush ruleset"
                func damage() throws { try Program("nft", "-f", "-").run(input: act + "\n") }
                func ours() throws -> Cost {
                    try damage()
                    return try Cost.of {
                        // Notifications come by the datagram; a flush of many objects is more than one reading of the queue.
                        var drift = 0
                        while true {
                            let change = try monitor.changes()
                            guard !change.isEmpty else { break }
                            drift += try host.look(at: change)
                        }
                        guard drift > 0 else { throw HarnessError("nobody told of it: \(name)") }
                        try host.close()
                        try host.apply()
                    }.milliseconds
                }
                /// What a program does that is told nothing and executes nft: it lists all, and writes what is missing.
                func theirs() throws -> Cost {
                    try damage()
                    let list = try Program("nft", "list", "ruleset").run()
                    let repair = try nft(others)
                    _ = try monitor.changes(limit: .max)
                    return Cost(wall: list.wall + repair.wall, processor: list.processor + repair.processor)
                        .milliseconds
                }
                var sides = [ours, theirs]
                if isFlush {
                    sides.append {
                        try damage()
                        let cost = try Replay().cost(of: bytes).milliseconds
                        _ = try monitor.changes(limit: .max)
                        return cost
                    }
                }
                let costs = try alternating(runs: runs, sides)
                let row = Row("drift, \(name), \(count) endpoints, \(layout), wall", costs[0].wall, "ms")
                    .beside("nft list ruleset, nft -f of what is missing", costs[1].wall).ratio(below: costs[1].wall)
                return isFlush ? row.above(floor: costs[2].wall) : row
            }
        }
    }
}
