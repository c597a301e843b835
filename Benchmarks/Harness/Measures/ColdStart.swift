import Dataplane
import DataplaneLinux
import NftablesNetlink

extension Measure {
    static let coldStart = Measure(
        name: "cold-start", about: "from the parsed model to a verified kernel, beside the same bytes replayed and nft -f"
    ) { settings in
        var rows: [Row] = []
        for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
            for count in [100, 1000, 10_000] {
                settings.note("\(count) endpoints, \(layout)")
                rows.append(try ColdStart(count, layout).row(runs: settings.runs))
            }
        }
        return rows
    }
}

private struct ColdStart {
    let count: Int
    let layout: DataplaneOptions.ChainLayout

    init(_ count: Int, _ layout: DataplaneOptions.ChainLayout) {
        (self.count, self.layout) = (count, layout)
    }

    func row(runs: Int) throws -> Row {
        let parsed = try World.model(count, layout)
        var bytes: [[UInt8]] = []
        var listing = ""
        let times = try alternating(
            runs: runs,
            [
                {
                    var model = parsed
                    return try inNamespace {
                        var kernel = try LinuxDataplane(options: model.options)
                        var plan = Plan()
                        let cost = try Cost.of {
                            model.update()
                            plan = Planner.plan(model.tracker)
                            // Interfaces, their routes and parameters are measured apart.
                            plan.routing = []
                            plan.sysctls = []
                            let report = kernel.execute(plan, &model.tracker)
                            guard report.isClean else { throw HarnessError("\(report)") }
                            try kernel.verify(plan, &model.tracker)
                        }
                        if bytes.isEmpty {
                            bytes = try plan.nftablesTransactions()
                            listing = try Program("nft", "list", "ruleset").run().output
                        }
                        return cost.processor * 1000
                    }
                },
                { try inNamespace { try Replay(bytes).cost().processor * 1000 } },
                { try inNamespace { try Program("nft", "-f", "-").run(input: listing).processor * 1000 } },
            ])
        return Row("cold start, \(count) endpoints, \(layout)", times[0], "ms").above(floor: times[1])
            .beside("nft -f, same objects", times[2]).atMost(1.5, times: times[1], "floor")
    }
}
