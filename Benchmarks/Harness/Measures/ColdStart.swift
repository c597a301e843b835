import Dataplane
import Resources

extension Measure {
    static let coldStart = Measure(
        name: "cold-start",
        about: "from the parsed model to verified rules, beside the same bytes replayed, nft -f and libnftables"
    ) { settings in
        var rows: [Row] = []
        for count in [100, 1000, 10_000, 50_000] {
            let resources = try World.resources(count)
            for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
                settings.note("\(count) endpoints, \(layout)")
                let runs = count > 10_000 ? max(1, settings.runs / 4) : settings.runs
                rows += try ColdStart(count, layout, resources).rows(runs: runs)
            }
        }
        return rows
    }
}

/// So many endpoints in an empty kernel.
struct ColdStart {
    let count: Int
    let layout: DataplaneOptions.ChainLayout
    let resources: [Resource]

    init(_ count: Int, _ layout: DataplaneOptions.ChainLayout, _ resources: [Resource]) {
        (self.count, self.layout, self.resources) = (count, layout, resources)
    }

    /// In milliseconds.
    func rows(runs: Int) throws -> [Row] {
        var bytes: [[UInt8]] = []
        var listing = ""
        let felix = layout == .perInterface ? FelixRuleset(count: count).text : ""
        var sides: [() throws -> Cost] = [
            {
                let model = try World.model(resources, interfaces: count, layout)
                return try inNamespace {
                    let host = try RuledHost(model)
                    let step = try host.apply()
                    if bytes.isEmpty {
                        bytes = try step.plan.nftablesTransactions()
                        listing = try Program("nft", "list", "ruleset").run().output
                    }
                    return step.rules
                }
            },
            { try inNamespace { try Replay().cost(of: bytes) } },
            { try inNamespace { try nft(listing) } },
        ]
        let inProcess = count == 1000 || count == 10_000
        if inProcess {
            sides.append {
                try inNamespace {
                    let library = try Libnftables()
                    return try Cost.of { try library.run(listing) }
                }
            }
        }
        if layout == .perInterface { sides.append { try inNamespace { try nft(felix) } } }

        let costs = try alternating(runs: runs, sides).map { $0.milliseconds }
        let (ours, floor, same) = (costs[0], costs[1], costs[2])
        let name = "cold start, \(count) endpoints, \(layout)"
        let isJudged = count == 10_000
        let processor = Row("\(name), processor", ours.processor, "ms").above(floor: floor.processor)
            .beside("nft -f, same objects", same.processor).on("cold start, \(layout)", count)
        let wall = Row("\(name), wall", ours.wall, "ms").above(floor: floor.wall)
        var rows = [
            isJudged && layout == .shared
                ? processor.atMost(1.5, times: floor.processor, "floor") : processor.ratio(to: floor.processor)
        ]
        switch layout {
        case .shared:
            let row = wall.beside("nft -f, same objects", same.wall)
            rows.append(isJudged ? row.atLeast(6, timesBelow: same.wall, "nft -f") : row.ratio(below: same.wall))
        case .perInterface:
            let row = wall.beside("nft -f, Felix-shaped", costs[costs.count - 1].wall)
                .on("cold start against Felix's shape", count)
            let felix = costs[costs.count - 1].wall
            rows.append(isJudged ? row.atLeast(10, timesBelow: felix, "nft -f") : row.ratio(below: felix))
        }
        if inProcess {
            rows.append(
                Row("\(name), processor, libnftables", ours.processor, "ms").beside(
                    "libnftables, same objects", costs[3].processor
                )
                .ratio(below: costs[3].processor))
        }
        if isJudged { rows.append(try memory(listing: listing, name: name)) }
        return rows
    }

    /// Of whole processes, each of which does nothing else: ours reads the documents one after the other, as from a folder.
    private func memory(listing: String, name: String) throws -> Row {
        let ours = try Program("/proc/self/exe", "cold-start-memory", "\(count)", layout.rawValue).run().output
        guard let peak = ours.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw HarnessError("no peak in \(ours)")
        }
        let peer = try inNamespace { try Program("nft", "-f", "-").peakMemory(input: listing) }
        let row = Row("\(name), peak memory", peak, "MiB").beside("nft -f, same objects", peer)
        return layout == .shared ? row.atMost(1.0 / 3, times: peer, "nft -f") : row.ratio(to: peer)
    }
}

/// What a new `nft -f` takes of this text.
func nft(_ text: String) throws -> Cost {
    let outcome = try Program("nft", "-f", "-").run(input: text)
    return Cost(wall: outcome.wall, processor: outcome.processor)
}
