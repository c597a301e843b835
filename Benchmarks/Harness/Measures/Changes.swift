import Dataplane
import Resources

extension Measure {
    static let change = Measure(
        name: "change",
        about: "one endpoint added, changed, removed beside so many, to verified rules, against nft -f and libnftables"
    ) { settings in
        var rows: [Row] = []
        for present in [0, 100, 1000, 10_000] {
            for layout in [DataplaneOptions.ChainLayout.shared, .perInterface] {
                settings.note("\(present) present, \(layout)")
                rows += try OneChange(present, layout).rows(runs: settings.runs)
            }
        }
        return rows
    }
}

/// One endpoint added, given other addresses, and removed again, so that each round begins as the one before.
private struct OneChange {
    enum Kind: String, CaseIterable {
        case added, changed, removed
    }

    /// In how many rounds each run takes the side: programs that are executed take their time.
    private static let (ourRounds, peerRounds) = (30, 3)

    let present: Int
    let layout: DataplaneOptions.ChainLayout

    init(_ present: Int, _ layout: DataplaneOptions.ChainLayout) {
        (self.present, self.layout) = (present, layout)
    }

    func rows(runs: Int) throws -> [Row] {
        let number = present + 1
        let original = try World.resources(World.endpoint(number))
        let changed = try World.resources(World.endpoint(number, changing: .addresses))
        let model = try World.model(present, layout, spare: 1)
        return try inNamespace {
            let host = try RuledHost(model)
            try host.apply()
            // Where no flow is tracked none is looked for. This one is nobody's here, and stays.
            try Program(
                "conntrack", "-I", "-p", "udp", "-s", "192.0.2.1", "-d", "192.0.2.2", "--sport", "4000", "--dport", "7",
                "-t", "86400"
            ).run()
            let (replay, library) = (try Replay(), try Libnftables())
            var bytes: [[[UInt8]]] = []
            var texts: [String] = []

            func step(_ kind: Kind, endingFlows: Bool = false) throws -> RuledHost.Step {
                try host.apply(endingFlows: endingFlows) { host in
                    switch kind {
                    case .added: host.put(original)
                    case .changed: host.put(changed)
                    case .removed: host.remove(number)
                    }
                }
            }
            func round() throws -> [Cost] {
                try Kind.allCases.map { kind in try step(kind).rules }
            }
            // The first round warms up, and tells what the peers are to do.
            for kind in Kind.allCases {
                let plan = try step(kind).plan
                bytes.append(try plan.nftablesTransactions())
                texts.append(
                    try plan.nftText { host.model.tracker.sets.desired($0) ?? host.model.tracker.sets.actual($0) })
            }
            func repeated(_ count: Int, _ round: @escaping () throws -> [Cost]) -> () throws -> [[Cost]] {
                { try (0..<count).map { _ in try round() } }
            }
            let sides: [() throws -> [[Cost]]] = [
                repeated(Self.ourRounds, round),
                repeated(Self.ourRounds) { try bytes.map { try replay.cost(of: $0) } },
                repeated(Self.peerRounds) { try texts.map(nft) },
                repeated(Self.peerRounds) { try texts.map { text in try Cost.of { try library.run(text) } } },
            ]
            // By side, kind and round.
            let costs = try samples(runs: runs, sides).map { runs in
                Kind.allCases.indices.map { kind in runs.flatMap { $0 }.map { $0[kind].microseconds } }
            }
            var rows: [Row] = []
            for (index, kind) in Kind.allCases.enumerated() {
                rows += self.rows(kind, costs[0][index], costs[1][index], costs[2][index], costs[3][index])
            }
            guard present >= 1000 else { return rows }
            let ended = try (0..<Self.ourRounds).compactMap { _ in
                try Kind.allCases.map { try step($0, endingFlows: true) }.last?.flows?.microseconds
            }.median
            let name = "endpoint removed, \(present) present, \(layout), ending its running flows"
            return rows + [Row("\(name), p50", ended.wall, "us")]
        }
    }

    private func rows(
        _ kind: Kind, _ ours: [Cost], _ floor: [Cost], _ program: [Cost], _ library: [Cost]
    ) -> [Row] {
        let name = "endpoint \(kind), \(present) present, \(layout)"
        let peer = "nft -f of the same change"
        var typical = Row("\(name), p50", ours.median.wall, "us").above(floor: floor.median.wall)
            .beside(peer, program.median.wall).on("endpoint \(kind), \(layout)", present)
        switch (present, layout) {
        case (1000, .perInterface): typical = typical.atMost(1000)
        case (1000, .shared): typical = typical.atMost(300)
        case (10_000, .perInterface): typical = typical.atMost(12_000)
        case (10_000, .shared): typical = typical.atMost(2500)
        default: break
        }
        let processor = Row("\(name), processor", ours.median.processor, "us").above(floor: floor.median.processor)
        let executed = processor.beside(peer, program.median.processor)
        let rows = [
            typical,
            Row("\(name), p99", ours.quantile(0.99).wall, "us").above(floor: floor.quantile(0.99).wall),
            present >= 1000
                ? executed.atLeast(20, timesBelow: program.median.processor, "nft -f")
                : executed.ratio(below: program.median.processor),
        ]
        guard present == 1000 else { return rows }
        return rows + [
            Row("\(name), processor, libnftables", ours.median.processor, "us")
                .beside("libnftables, the same change", library.median.processor)
                .ratio(below: library.median.processor)
        ]
    }
}
