import Glibc
import NftablesNetlink

extension Measure {
    static let agentCost = Measure(
        name: "agent",
        about: "what an agent takes: its start, memory, processor at rest and under changes, a flushed ruleset"
    ) { settings in
        settings.note("no endpoints")
        let idle = try AgentScene(0, interfaces: 0, margay: settings.margay)
        try idle.start()
        let rest = try resting(idle)
        var rows = [
            Row("agent without endpoints, resident", rest.resident, "MiB").atMost(25),
            Row("agent without endpoints, of it anonymous", rest.anonymous, "MiB"),
            Row("agent without endpoints, processor", try processor(idle, seconds: 10) * 100, "%").atMost(0.1),
        ]
        for count in [1000, 10_000] {
            settings.note("\(count) endpoints")
            let churned = count / 100
            let added = 8 * settings.runs
            let scene = try AgentScene(count, interfaces: count + added, single: churned, margay: settings.margay)
            rows.append(Row("agent's start to READY, \(count) endpoints, empty kernel", try scene.start() * 1000, "ms"))
            let memory = try resting(scene)
            let name = "agent with \(count) endpoints"
            let resident = Row("\(name), resident", memory.resident, "MiB")
            rows += [
                count == 10_000 ? resident.atMost(80) : resident,
                Row(
                    "\(name), above one without, per endpoint",
                    (memory.resident - rest.resident) / Double(count) * 1024, "KiB"),
                Row("\(name), processor", try processor(scene, seconds: 10) * 100, "%").atMost(0.1),
            ]
            if count > 1000 { rows += try AgentLatency(scene, count, added).rows() }
            settings.note("1 % of \(count) endpoints change a second")
            rows.append(
                Row("\(name), \(churned) changes a second, processor", try churn(scene, count, churned) * 100, "%"))
            for row in rows.suffix(5) { settings.note("\(row.measure): \(row.margay.plain) \(row.unit)") }
            settings.note("the ruleset is flushed")
            rows += try flush(scene, runs: settings.runs).map {
                Row("\(name), flush ruleset until \($0.0)", $0.1, "ms")
            }
            scene.stop()
            rows.append(
                Row("agent's start to READY, \(count) endpoints, all in the kernel", try scene.start() * 1000, "ms"))
        }
        return rows
    }

    /// Once nothing has changed for a while: what a large step leaves free goes back to the kernel some seconds after it.
    private static func resting(_ scene: AgentScene) throws -> (resident: Double, anonymous: Double) {
        var (former, calm) = (-1.0, 0)
        while calm < 5 {
            sleep(2)
            let used = try scene.agent.processor()
            calm = used - former < 0.02 ? calm + 1 : 0
            former = used
        }
        return try scene.agent.memory()
    }

    /// The part of one processor that the agent takes.
    private static func processor(_ scene: AgentScene, seconds: UInt32) throws -> Double {
        let before = try scene.agent.processor()
        let watch = Stopwatch()
        sleep(seconds)
        return (try scene.agent.processor() - before) / watch.seconds
    }

    /// The same while so many endpoints' addresses change a second, for ten seconds, evenly.
    private static func churn(_ scene: AgentScene, _ count: Int, _ churned: Int) throws -> Double {
        let before = try scene.agent.processor()
        let watch = Stopwatch()
        for round in 0..<10 {
            for change in 0..<churned {
                let number = count - churned + 1 + change
                try scene.folder.put(
                    World.endpoint(number, moved: round.isMultiple(of: 2), hasNAT: false), as: "w\(number).yaml")
                let due = Double(round) + Double(change + 1) / Double(churned)
                let left = due - watch.seconds
                if left > 0 { usleep(UInt32(left * 1e6)) }
            }
        }
        let used = try scene.agent.processor() - before
        let elapsed = watch.seconds
        sleep(1)
        try scene.check()
        return used / elapsed
    }

    /// What stands open is closed by the first transaction after somebody's flush, and right after the last.
    private static func flush(_ scene: AgentScene, runs: Int) throws -> [(String, Double)] {
        var (closed, whole): ([Double], [Double]) = ([], [])
        for _ in 0..<runs {
            var nftables = try scene.network.within { try NftablesConnection() }
            var last = try nftables.generation()
            let nft = try scene.network.within { try Daemon(["nft", "flush", "ruleset"]) }
            while try nftables.generation() == last {}
            let watch = Stopwatch()
            last = try nftables.generation()
            var changes: [Double] = []
            while changes.isEmpty || watch.seconds - (changes.last ?? 0) < 2 {
                let now = try nftables.generation()
                if now != last { changes.append(watch.seconds) }
                last = now
                usleep(100)
                guard watch.seconds < 60 else { throw HarnessError("what was flushed is not back") }
            }
            withExtendedLifetime(nft) {}
            closed.append((changes.first ?? 0) * 1000)
            whole.append((changes.last ?? 0) * 1000)
        }
        try scene.check()
        return [("closed", closed.median), ("whole", whole.median)]
    }
}
