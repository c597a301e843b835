import Status
import Testing

/// In which transactions and in which order the agent changes the kernel, as the kernel announces it.
struct AgentTransactionTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
    }

    private var folder: String { scene.installation.folder }

    private static let three = TrafficScene.endpoint(
        1, "three", interface: "cali3", mac: "02:00:00:00:00:03", addresses: TrafficScene.addresses(3))

    /// The kernel takes an element as soon as it is committed, and a chain's rules of the moment in which the packet came
    /// in: whatever leads packets elsewhere than before comes a transaction after the chain.
    @Test func aNewChainIsWholeBeforeWhatWasLedElsewhereIsLedToIt() throws {
        let scene = try TrafficScene.sharingChains()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let monitor = try RulesetMonitor(scene.host, in: scene.installation.folder)
        try scene.leadElsewhere()
        try agent.wait(for: "rest") { $0.ready }
        let transactions = try monitor.transactions()
        try #require(transactions.count == 2, "\(transactions)")
        #expect(
            transactions[0].allSatisfy { $0.hasPrefix("add chain ") || $0.hasPrefix("add rule ") }, "\(transactions[0])"
        )
        #expect(transactions[0].contains { $0.hasPrefix("add rule inet margay group-1-strict-egress ") })
        #expect(transactions[1].allSatisfy { $0.contains(" element ") }, "\(transactions[1])")
        let element = "add element inet margay from { \"cali1\" : jump group-1-strict-egress }"
        #expect(transactions[1].contains(element), "\(transactions[1])")
    }

    @Test func everyOtherChangeIsOneTransaction() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        var seen = 0
        let monitor = try RulesetMonitor(scene.host, in: folder)
        func changes(_ what: String) throws -> [String] {
            let all = try monitor.transactions()
            defer { seen = all.count }
            #expect(all.count == seen + 1, "\(what): \(all.dropFirst(seen))")
            return all.last ?? []
        }
        func contains(_ changes: [String], _ start: String, _ words: String...) -> Bool {
            changes.contains { line in line.hasPrefix(start) && words.allSatisfy(line.contains) }
        }
        // Nothing led its packets anywhere before, so that its chains may come with what leads there.
        try scene.installation.put("three.yaml", Self.three)
        try agent.wait(for: "the endpoint") { $0.ready && $0.endpoint("three") != nil }
        let addition = try changes("an endpoint comes")
        for chain in ["from-cali3", "to-cali3"] {
            #expect(contains(addition, "add chain inet margay \(chain)"))
            #expect(contains(addition, "add rule inet margay \(chain) ", "goto group-1-open-"))
            #expect(contains(addition, "add element inet margay ", ": jump \(chain) }"))
        }
        #expect(contains(addition, "add element inet margay source4 { \"cali3\" . "))
        // An address that is somebody else's from now on.
        let (own, others) = (TrafficScene.addresses(1), TrafficScene.addresses(2))
        try scene.installation.delete("two.yaml")
        try agent.wait(for: "the removal") { $0.ready && $0.endpoints.count == 2 }
        let removal = try changes("an endpoint goes")
        #expect(contains(removal, "delete element inet margay source4", "cali2"))
        #expect(contains(removal, "delete element inet margay to", "cali2"))
        #expect(contains(removal, "delete chain inet margay to-cali2"))
        try scene.installation.put("one.yaml", TrafficScene.endpoint(1, addresses: others))
        try agent.wait(for: "the addresses") {
            $0.ready && $0.endpoint("one")?.networks.first?.cidr == "\(others[0])/32"
        }
        let move = try changes("addresses change")
        #expect(contains(move, "delete element inet margay source4", own[0]))
        #expect(contains(move, "add element inet margay source4", others[0]))
        #expect(contains(move, "delete element inet margay source6", own[1]))
        // The same chain with other rules, and a set that only they look up.
        try scene.installation.put(
            "open.yaml",
            profileText(egress: "{action: Allow, destination: {nets: [192.0.2.2/32, 198.51.100.0/24]}}"))
        try eventually("the rules") {
            try scene.host.execute("nft", "list", "chain", "inet", "margay", "profile-open-egress").output
                .contains("@nets4-")
        }
        let rules = try changes("rules change")
        #expect(contains(rules, "delete rule inet margay profile-open-egress"))
        #expect(contains(rules, "add set inet margay nets4-"))
        #expect(contains(rules, "add rule inet margay profile-open-egress", "@nets4-"))
        // The endpoint is closed to all: its MAC can no longer be enforced.
        try scene.installation.put("one.yaml", TrafficScene.endpoint(1, mac: "02:00:00:00:00:01:00:02"))
        try agent.wait(for: "the endpoint to be closed") { $0.ready && $0.state("one") == .blocked }
        let closing = try changes("an endpoint closes")
        #expect(contains(closing, "delete element inet margay source4", "cali1"))
        #expect(contains(closing, "delete element inet margay macs", "cali1"))
        #expect(contains(closing, "add rule inet margay from-cali1", "goto deny-egress"))
        #expect(contains(closing, "add rule inet margay to-cali1", "goto deny-ingress"))
    }

    /// A base chain's place cannot change, nor a table's flags: the table is made anew, and was never away.
    @Test func aTableThatHasToBeReplacedIsReplacedInOneTransaction() throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        _ = try first.terminate()
        let clean = try chains()
        try scene.host.nft(
            "delete chain inet margay input-host; "
                + "add chain inet margay input-host { type filter hook input priority 77; policy accept; }")
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        let monitor = try RulesetMonitor(scene.host, in: folder)
        let second = try scene.installation.startAgent()
        try second.waitUntilReady()
        let transactions = try monitor.transactions()
        #expect(transactions.count == 1)
        let changes = try #require(transactions.first)
        #expect(changes.contains("delete table inet margay"))
        #expect(changes.contains { $0.hasPrefix("add chain inet margay source-filter ") })
        #expect(changes.contains { $0.hasPrefix("add element inet margay source4 ") && $0.contains("cali1") })
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        traffic.stop()
        // A packet under way in the former table may be dropped, but none gets past both.
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try chains() == clean)
    }

    /// All chains with their places; the kernel lists them in the order in which they were made.
    private func chains() throws -> [String] {
        try scene.host.command(["nft", "list", "chains"]).succeed().split(separator: "\n").map(String.init).sorted()
    }

    @Test func neighboursPrecedeRoutesAndRoutesPrecedeParameters() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let three = try scene.topology.addSilentWorkload(interfaceName: "cali3", mac: "02:00:00:00:00:03")
        let monitor = try RoutingMonitor(scene.host, in: folder)
        try scene.installation.put("three.yaml", Self.three)
        try agent.wait(for: "the endpoint") { $0.ready && $0.state("three") == .up }
        let kinds = try monitor.changes().filter { $0.contains("cali3") }.compactMap { line in
            let isAddress = TrafficScene.addresses(3).contains { line.hasPrefix("\($0) dev cali3 ") }
            return isAddress && line.contains("PERMANENT")
                ? "neighbour"
                : isAddress && line.contains("proto 77") ? "route" : line.contains("proxy_neigh on") ? "parameter" : nil
        }
        #expect(kinds == ["neighbour", "neighbour", "route", "route", "parameter", "parameter"])
        try scene.installation.delete("three.yaml")
        try agent.wait(for: "the removal") { $0.ready && $0.endpoint("three") == nil }
        let removals = try monitor.changes().filter { $0.hasPrefix("Deleted ") && $0.contains("cali3") }.map {
            $0.contains("scope link") || $0.contains("metric") ? "route" : "neighbour"
        }
        #expect(removals == ["route", "route", "neighbour", "neighbour"])
        withExtendedLifetime(three) {}
    }

    /// A hook takes 1024 chains (`MAX_HOOK_COUNT`): where it is full, the kernel refuses the whole transaction.
    private func setForwardHook(full: Bool) throws {
        guard full else { return try scene.host.nft("delete table inet full") }
        let chains = (1...1024).map { "chain c\($0) { type filter hook forward priority \($0); }" }
        try writeFile("\(folder)/full.nft", "table inet full {\n\(chains.joined(separator: "\n"))\n}\n")
        try scene.host.command(["nft", "-f", "\(folder)/full.nft"]).succeed()
    }

    /// The filter comes first, in both directions: without it nothing is routed, and what was routed stays so until the
    /// filter says otherwise.
    @Test func whileTheTransactionIsRefusedNoRouteComesOrGoes() throws {
        try setForwardHook(full: true)
        let first = try scene.installation.startAgent()
        let degraded = try first.wait(for: "the refusal") { $0.dataplane.failures > 0 }
        #expect(!degraded.ready && degraded.dataplane.state == .degraded && degraded.state("one") != .up)
        #expect(try scene.routes() == [])
        #expect(try scene.neighbours().allSatisfy { !$0.contains("cali") })
        #expect(try scene.host.command(["cat", "/proc/sys/net/ipv4/conf/cali1/proxy_arp"]).succeed() == "0\n")
        #expect(try !scene.host.command(["nft", "list", "tables"]).succeed().contains("margay"))
        // It tries again, each time after a longer while.
        func delays() -> [Double] {
            first.log.ranges(of: "retrySeconds=").compactMap {
                Double(first.log[$0.upperBound...].prefix { $0.isNumber || $0 == "." })
            }
        }
        try eventually("three attempts") { delays().count >= 3 }
        #expect(zip(delays(), delays().dropFirst()).allSatisfy { $0 < $1 }, "\(delays())")
        try setForwardHook(full: false)
        try first.waitUntilReady()
        let routes = try scene.routes()
        #expect(routes.count == 5)

        // The other way round: the endpoint is gone from the folder, and its table's successor is refused.
        _ = try first.terminate()
        try scene.host.nft("delete table inet margay")
        try setForwardHook(full: true)
        try scene.installation.delete("two.yaml")
        let second = try scene.installation.startAgent()
        try second.wait(for: "the refusal") { $0.dataplane.failures > 0 }
        #expect(try scene.routes() == routes)
        try setForwardHook(full: false)
        try second.waitUntilReady()
        #expect(try scene.routes() == routes.filter { !$0.contains("cali2") })
    }
}
