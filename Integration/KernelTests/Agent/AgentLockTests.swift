import Dataplane
import Nftables
import NftablesNetlink
import Status
import Testing

/// With `lockTable`, no other program empties or deletes our tables while an agent runs, and nothing opens when it ends.
struct AgentLockTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene(settings: "lockTable: true")
    }

    /// All that flows, honest and not.
    private func traffic() throws -> Traffic {
        try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
    }

    /// Nothing honest was lost and nothing dishonest came.
    private func expectUndisturbed(_ traffic: Traffic) throws {
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        for name in TrafficScene.dishonest { try traffic.waitForMore(name) }
        traffic.stop()
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
    }

    private func run(_ command: String) throws -> CommandResult {
        try scene.host.command(["sh", "-c", "nft \(command)"]).run()
    }

    @Test func whatEmptiesTheRulesetLeavesOurTablesAlone() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.nft("table inet other { chain c { type filter hook forward priority 9; }; }")
        let traffic = try traffic()
        for _ in 0..<20 { #expect(try run("flush ruleset").exitCode == 0) }
        for command in [
            "delete table inet margay", "delete table arp margay", "flush table inet margay",
            "flush chain inet margay source-filter", "delete element inet margay from '{ cali1 }'",
            "add rule inet margay source-filter accept", "'add table inet margay { flags dormant; }'",
        ] {
            let result = try run(command)
            #expect(result.exitCode != 0 && result.errors.contains("Operation not permitted"), "\(command): \(result)")
        }
        try expectUndisturbed(traffic)
        let tables = try run("list tables").output
        #expect(tables.contains("inet margay") && tables.contains("arp margay") && !tables.contains("other"))
        let report = try agent.status()
        #expect(report.dataplane.repairs == 0 && report.dataplane.notices == [], "\(report.dataplane)")
        #expect(try scene.installation.run("check").exitCode == 0)
        // The agent itself still can change them.
        try scene.installation.put("two.yaml", TrafficScene.endpoint(2, addresses: ["10.65.0.22"]))
        try agent.wait(for: "the change") { $0.endpoint("two")?.networks.first?.cidr == "10.65.0.22/32" && $0.ready }
    }

    /// How the kernel has our tables.
    private func tables() throws -> [ListedTable?] {
        try scene.host.run {
            var connection = try NftablesConnection()
            return try [connection.table(.margay), connection.table(.margayARP)]
        }
    }

    @Test func nothingOpensWhenTheAgentIsKilledAndTheNextOneTakesTheLockUp() throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try traffic()
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        let state = try scene.installation.kernelState()
        let counters = try scene.host.counters()
        #expect(try tables().allSatisfy { $0?.flags == [.owner, .persist] && $0?.owner != nil })

        try first.kill()
        #expect(try tables() == [ListedTable(flags: .persist), ListedTable(flags: .persist)])
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()
        #expect(report.dataplane.repairs == 0 && report.dataplane.failures == 0, "\(report.dataplane)")
        #expect(try tables().allSatisfy { $0?.flags == [.owner, .persist] && $0?.owner != nil })
        #expect(try run("flush ruleset").exitCode == 0)
        try expectUndisturbed(traffic)

        // The tables are the same, every rule at its place and every counter.
        func rules(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("\tflags") } }
        func unowned(_ text: String) -> [String] {
            rules(text).map { $0.hasPrefix("table") ? $0.split(separator: " # progname")[0] + "" : String($0) }
        }
        #expect(try unowned(scene.installation.kernelState()) == unowned(state))
        let later = try scene.host.counters()
        #expect(later["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
        #expect(counters.allSatisfy { later[$0.key, default: 0] >= $0.value })
    }

    @Test func whatIsProgrammedOnceIsHeldByNobodyAndCanBeRemoved() throws {
        let once = try scene.installation.run("agent", "--once")
        #expect(once.exitCode == 0, "\(once)")
        #expect(try tables() == [ListedTable(flags: .persist), ListedTable(flags: .persist)])
        let check = try scene.installation.run("check", scene.installation.resources)
        #expect(check.exitCode == 0, "\(check)")
        #expect(check.output.contains("note: table inet margay is not locked at present"), "\(check)")
        #expect(try scene.installation.run("diff", scene.installation.resources).exitCode == 0)

        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let refusal = try scene.installation.run("cleanup")
        #expect(refusal.exitCode == 1 && refusal.errors.contains("systemctl stop margay"), "\(refusal)")
        #expect(try tables().allSatisfy { $0 != nil })
        try agent.kill()
        let cleanup = try scene.installation.run("cleanup")
        #expect(cleanup.exitCode == 0, "\(cleanup)")
        #expect(try tables() == [nil, nil])
    }

    /// A table becomes another in one transaction. While the kernel takes the former one's chains from their hooks, its maps
    /// are empty already: packets of that moment are lost, and none passes.
    @Test func aReloadLocksAndUnlocks() throws {
        try scene.installation.configure("")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try tables() == [ListedTable(), ListedTable()])
        let traffic = try traffic()
        for isLocked in [true, false, true] {
            try scene.installation.configure("lockTable: \(isLocked)")
            try agent.reload()
            #expect(try tables().allSatisfy { ($0?.owner != nil) == isLocked && $0?.flags.isEmpty == !isLocked })
            #expect(try agent.status().ready)
            for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        }
        traffic.stop()
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        let report = try agent.status()
        #expect(report.dataplane.repairs == 0 && report.dataplane.failures == 0, "\(report.dataplane)\n\(agent.log)")
    }

    @Test func onAKernelThatCannotTheSettingIsSaidToHaveNoEffect() throws {
        let kernel = try SilentKernel(without: .persistentTables)
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        let report = try agent.waitUntilReady()
        let notice =
            "lockTable has no effect on this kernel: other programs may delete our tables (it takes kernel 6.9 or later)"
        #expect(report.dataplane.notices == [notice])
        #expect(try tables() == [ListedTable(), ListedTable()])
        #expect(try scene.installation.run("status").exitCode == 0)
        let command = scene.installation.command
        let check = try command(["check"], kernel.environment, [], Installation.program).run()
        #expect(check.exitCode == 0, "\(check)")
        let version = try command(["version"], kernel.environment, [], Installation.program).run()
        #expect(version.output.contains("locking   not available: it takes kernel 6.9 or later"), "\(version)")
        let here = try scene.installation.run("version")
        #expect(here.output.contains("locking   available"), "\(here)")
    }

    @Test func aTableThatAnotherProgramHoldsIsNamedUntilItLetsGo() throws {
        let agent = try hold { agent in
            let report = try agent.wait(for: "the refusal") { $0.dataplane.failures > 0 }
            #expect(!report.ready && report.dataplane.state == .degraded)
            #expect(report.state("one") == .error, "\(report)")
            let reason = report.endpoint("one")?.reason ?? ""
            #expect(reason.contains("table inet margay belongs to another program"), "\(reason)")
        }
        try agent.waitUntilReady()
        #expect(try tables().allSatisfy { $0?.flags == [.owner, .persist] })
        #expect(try agent.status().state("one") == .up)
    }

    /// Starts an agent while another socket holds a table of our name, which goes after `body`.
    private func hold(_ body: (RunningAgent) throws -> Void) throws -> RunningAgent {
        var holder = try scene.host.run { try NftablesConnection() }
        var transaction = Transaction()
        transaction.append(.addTable(.margay, .owner))
        try holder.commit(transaction)
        let agent = try scene.installation.startAgent()
        try body(agent)
        return agent
    }
}
