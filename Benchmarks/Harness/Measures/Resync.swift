import Dataplane
import DataplaneLinux
import Nftables
import NftablesNetlink

extension Measure {
    static let resync = Measure(
        name: "resync",
        about: "all sets, maps and chains read and compared, nothing differs; against nft list and the bare dumps"
    ) { settings in
        var rows: [Row] = []
        for count in [1000, 10_000] {
            for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
                settings.note("\(count) endpoints, \(layout)")
                rows += try resync(count, layout, runs: settings.runs)
            }
        }
        return rows
    }

    private static func resync(_ count: Int, _ layout: DataplaneOptions.ChainLayout, runs: Int) throws -> [Row] {
        // Without interfaces: what is read then is rules, and next to nothing else.
        let model = try World.model(World.resources(count), interfaces: 0, layout)
        return try inNamespace {
            let host = try RuledHost(model)
            try host.applyAll()
            let dump = try RawDump(host.model.tracker.sets.desiredKeys.map { ($0.table, $0.name) })
            let replay = try Replay()
            var foreign = Transaction()
            foreign.append(.addTable(Table(.inet, "foreign")))
            foreign.append(.deleteTable(Table(.inet, "foreign")))
            let others = try foreign.bytes()
            let costs = try alternating(
                runs: runs,
                [
                    {
                        // Somebody else's transaction in between: the generation alone must not answer for us.
                        _ = try replay.cost(of: [others])
                        return try Cost.of {
                            let drift = try host.compare()
                            guard drift == 0 else { throw HarnessError("\(drift) objects differ") }
                        }.milliseconds
                    },
                    {
                        // Nobody has committed anything since the last comparison.
                        try Cost.of {
                            let drift = try host.compare()
                            guard drift == 0 else { throw HarnessError("\(drift) objects differ") }
                        }.milliseconds
                    },
                    { try dump.cost().cost.milliseconds },
                    {
                        let outcome = try Program("nft", "list", "ruleset").run()
                        return Cost(wall: outcome.wall, processor: outcome.processor).milliseconds
                    },
                ])
            let name = "no-change resync, all read, \(count) endpoints, \(layout)"
            let quiet = Row(
                "no-change resync, nobody committed meanwhile, \(count) endpoints, \(layout), wall", costs[1].wall, "ms"
            )
            let wall = Row("\(name), wall", costs[0].wall, "ms").above(floor: costs[2].wall)
                .beside("nft list ruleset", costs[3].wall)
            let processor = Row("\(name), processor", costs[0].processor, "ms").above(floor: costs[2].processor)
                .beside("nft list ruleset", costs[3].processor).on("no-change resync, \(layout)", count)
            return [
                count == 10_000 && layout == .shared ? quiet.atMost(15) : quiet,
                count == 10_000 && layout == .shared ? wall.atMost(15) : wall.ratio(below: costs[3].wall),
                processor.ratio(to: costs[2].processor),
            ]
        }
    }
}
