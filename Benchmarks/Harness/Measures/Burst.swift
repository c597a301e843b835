import Dataplane
import Resources

extension Measure {
    static let burst = Measure(
        name: "burst", about: "1,000 endpoints added in one go beside 1,000 and 10,000, against nft -f of the same"
    ) { settings in
        var rows: [Row] = []
        for present in [1000, 10_000] {
            for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
                settings.note("\(present) present, \(layout)")
                rows.append(try burst(of: 1000, beside: present, layout, runs: settings.runs))
            }
        }
        return rows
    }

    private static func burst(
        of count: Int, beside present: Int, _ layout: DataplaneOptions.ChainLayout, runs: Int
    ) throws -> Row {
        let numbers = present + 1...present + count
        let added = try World.resources(World.documents(count, first: present + 1))
        let model = try World.model(present, layout, spare: count)
        return try inNamespace {
            let host = try RuledHost(model)
            try host.apply()
            let replay = try Replay()
            var there: [[UInt8]] = []
            var back: [[UInt8]] = []
            var text = ""
            // Each side leaves the kernel as it found it.
            let costs = try alternating(
                runs: runs,
                [
                    {
                        let arrival = try host.apply { $0.put(added) }
                        if there.isEmpty {
                            there = try arrival.plan.nftablesTransactions()
                            text = try arrival.plan.nftText { host.model.tracker.sets.desired($0) }
                        }
                        let departure = try host.apply { host in for number in numbers { host.remove(number) } }
                        if back.isEmpty { back = try departure.plan.nftablesTransactions() }
                        return arrival.rules.milliseconds
                    },
                    {
                        let cost = try replay.cost(of: there).milliseconds
                        _ = try replay.cost(of: back)
                        return cost
                    },
                    {
                        let cost = try nft(text).milliseconds
                        _ = try replay.cost(of: back)
                        return cost
                    },
                ])
            return Row("burst of \(count) added, \(present) present, \(layout), processor", costs[0].processor, "ms")
                .above(floor: costs[1].processor).beside("nft -f of the same", costs[2].processor)
                .ratio(to: costs[1].processor)
        }
    }
}
