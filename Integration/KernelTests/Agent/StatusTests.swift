import Foundation
import Status
import Testing

/// `margay status` beside what CommandTests look at: the document's fields, and watching.
struct StatusTests {
    /// Every field of the documented interface, by its path; a list's items share one path.
    private static let documented: Set<String> = [
        "node", "ready", "asOf", "agent", "agent.version", "agent.pid", "agent.startedAt", "source", "source.kind",
        "source.location", "source.state", "source.ageSeconds", "source.reconnects", "source.lastError",
        "source.lastError.at", "source.lastError.message", "source.rejected", "source.rejected.resource",
        "source.rejected.location", "source.rejected.message", "source.rejected.lastGoodKept", "dataplane",
        "dataplane.state", "dataplane.lastApplySeconds", "dataplane.applies", "dataplane.failures",
        "dataplane.repairs", "dataplane.lastRepairs", "dataplane.lastRepairs.at", "dataplane.lastRepairs.object",
        "dataplane.lastRepairs.change", "dataplane.lastRepairs.found", "dataplane.lastRepairs.by", "dataplane.held",
        "dataplane.notices",
        "dataplane.foreignChains", "dataplane.foreignChains.table", "dataplane.foreignChains.chain",
        "dataplane.foreignChains.hook", "dataplane.foreignChains.priority", "dataplane.foreignChains.policy",
        "dataplane.foreignChains.devices", "dataplane.foreignChains.effect",
        "endpoints", "endpoints.name", "endpoints.namespace",
        "endpoints.workload", "endpoints.orchestrator", "endpoints.interfaceName", "endpoints.state",
        "endpoints.reason", "endpoints.macFilter", "endpoints.macFilter.mac", "endpoints.macFilter.state",
        "endpoints.networks", "endpoints.networks.cidr", "endpoints.networks.state", "endpoints.nats",
        "endpoints.nats.internalIP", "endpoints.nats.externalIP", "endpoints.nats.state", "endpoints.profiles",
        "endpoints.policies", "endpoints.counters", "endpoints.counters.toWorkload",
        "endpoints.counters.toWorkload.packets", "endpoints.counters.toWorkload.bytes",
        "endpoints.counters.fromWorkload", "endpoints.counters.fromWorkload.packets",
        "endpoints.counters.fromWorkload.bytes", "endpoints.counters.drops", "endpoints.counters.drops.mac",
        "endpoints.counters.drops.ip", "endpoints.counters.drops.arp", "endpoints.counters.drops.nd",
        "endpoints.counters.drops.ra", "endpoints.counters.drops.dhcp", "endpoints.counters.drops.policy",
        "endpoints.counters.drops.host", "endpoints.heldSince", "endpoints.programmedAt",
        "endpoints.programmingSeconds", "policies", "policies.kind", "policies.name", "policies.tier",
        "policies.order", "policies.types", "policies.state", "policies.endpoints", "policies.notes",
    ]

    private func paths(of value: Any, _ prefix: String = "") -> Set<String> {
        if let object = value as? [String: Any] {
            return object.reduce(into: []) { result, member in
                result.insert(prefix + member.key)
                result.formUnion(paths(of: member.value, "\(prefix)\(member.key)."))
            }
        }
        return (value as? [Any] ?? []).reduce(into: []) { $0.formUnion(paths(of: $1, prefix)) }
    }

    @Test func theDocumentHasEveryDocumentedField() throws {
        let scene = try QuietScene()
        let nat = "ipNATs: [{internalIP: 10.65.0.2, externalIP: 203.0.113.2}]"
        try scene.installation.put("web.yaml", endpointText(more: [nat]))
        try scene.installation.put("bad.yaml", endpointText("bad", interface: "cali2", mac: "x"))
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up }
        try scene.host.nft("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }")
        try agent.wait(for: "the foreign chain") { !$0.dataplane.foreignChains.isEmpty }
        try scene.host.ip("route delete 10.65.0.2 dev cali1")
        try agent.wait(for: "the repair") { $0.dataplane.repairs > 0 && $0.state("web") == .up }
        let folder = scene.installation.resources
        #expect(rename(folder, "\(folder)-away") == 0)
        try agent.wait(for: "the loss of the source") { $0.source.state == .reconnecting }
        #expect(rename("\(folder)-away", folder) == 0)
        try agent.wait(for: "its return") { $0.source.state == .inSync && $0.source.reconnects == 1 }

        let result = try scene.installation.run("status", "-o", "json")
        #expect(result.exitCode == 1)
        #expect(paths(of: try JSONSerialization.jsonObject(with: Data(result.output.utf8))) == Self.documented)
        let wide = try scene.installation.run("status", "-o", "wide")
        #expect(wide.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(wide)")
        for words in [
            "    MAC filter  enforced 02:00:00:00:00:01\n", "    NATs        203.0.113.2 -> 10.65.0.2\n",
            "    Workload    -\n", "    Profiles    open\n", "    Drops       ",
            "  deleted  route 10.65.0.2/32 dev cali1\n",
        ] {
            #expect(wide.output.contains(words), "\(wide)")
        }
    }

    @Test func watchingFollowsWhatHappensAndWaitsForTheAgent() throws {
        let scene = try QuietScene()
        let watching = try scene.installation.command(["status", "--watch", "--brief"]).start()
        let agent = try scene.installation.startAgent()
        try watching.waitForOutput("node1: healthy: 1 of 1 endpoint up", limit: .seconds(20))
        try scene.host.ip("link delete cali1")
        try watching.waitForOutput("node1: degraded: 0 of 1 endpoint up", limit: .seconds(20))
        watching.signal(SIGINT)
        #expect(try watching.wait().exitCode == 128 + SIGINT)
        withExtendedLifetime(agent) {}
    }
}
