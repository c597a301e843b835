import Glibc
import Status
import Testing

/// The built agent fed by a real etcd, judged by packets.
struct EtcdAgentTests {
    @Test("what etcd holds is programmed; etcd's end changes nothing, and what it says after its return counts")
    func programmed() throws {
        let scene = try EtcdScene()
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.source.kind == "etcd" && report.source.location == scene.cluster.endpoints[0])
        #expect(try scene.isReached())
        #expect(try scene.installation.run("get", "wep").output.contains("web"))

        try scene.cluster.put("profiles/open", profileJSON(ingress: "Deny"))
        try eventually("the denial") { try !scene.isReached() }
        try scene.cluster.put("profiles/open", profileJSON())
        try eventually("the permission") { try scene.isReached() }

        let state = try scene.installation.kernelState()
        try scene.cluster.signal(0, SIGKILL)
        let lost = try agent.wait(for: "the loss") { $0.source.state == .reconnecting }
        #expect(!lost.ready && lost.dataplane.state == .applied)
        #expect(try scene.installation.kernelState() == state)
        #expect(try scene.isReached())
        let ready = try scene.host.get("/readyz")
        #expect(ready.status == 503 && ready.body.contains("etcd http://127.0.0.1:23790 is reconnecting"), "\(ready)")
        try agent.wait(for: "the reason") {
            $0.source.lastError?.message.contains("cannot connect: connection refused; ") == true
        }

        try scene.cluster.start(0)
        try scene.cluster.waitUntilHealthy()
        try agent.waitUntilReady()
        #expect(try scene.installation.kernelState() == state)
        try scene.cluster.delete("workloadendpoints/default/web")
        try eventually("the removal") { try !scene.isReached() }
        #expect(try scene.routes() == "")
    }

    @Test("an agent that starts while etcd is down programs what an earlier one accepted") func lastGood() throws {
        let scene = try EtcdScene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        _ = try first.terminate()
        #expect(try readFile(scene.installation.lastGood).contains("cali1"))
        try scene.installation.run("cleanup")
        #expect(try !scene.isReached())
        try scene.cluster.signal(0, SIGKILL)

        let second = try scene.installation.startAgent()
        let report = try second.wait(for: "the last good state") { $0.state("web") == .up }
        #expect(report.source.state == .stale && !report.ready)
        #expect(try scene.isReached())

        try scene.cluster.start(0)
        #expect(try second.waitUntilReady().source.state == .inSync)
        #expect(try scene.isReached())
    }

    @Test("an etcd that comes back with nothing is not believed at once") func wiped() throws {
        let scene = try EtcdScene(settings: "massDeleteHold: 1h")
        for number in 2...12 {
            try scene.host.addPair("cali\(number)")
            try scene.cluster.put(
                "workloadendpoints/default/e\(number)",
                endpointJSON("e\(number)", interface: "cali\(number)", networks: ["10.65.1.\(number)/32"]))
        }
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "all endpoints") { $0.ready && $0.endpoints.count == 12 }
        let state = try scene.installation.kernelState()

        try scene.cluster.signal(0, SIGKILL)
        scene.cluster.erase(0)
        try scene.cluster.start(0)
        let held = try agent.wait(for: "the hold") { $0.dataplane.held?.endpoints == 12 }
        #expect(held.source.state == .inSync && !held.ready)
        #expect(try scene.installation.kernelState() == state)
        #expect(try scene.isReached())

        // What comes back is held no more, and the rest goes once somebody says so.
        try scene.cluster.put("profiles/open", profileJSON())
        try scene.cluster.put("workloadendpoints/default/web", endpointJSON())
        try agent.wait(for: "fewer to be held") { $0.dataplane.held?.endpoints == 11 }
        #expect(try scene.installation.run("confirm").exitCode == 0)
        #expect(try agent.waitUntilReady().endpoints.map(\.name) == ["web"])
        #expect(try scene.isReached())
    }

    @Test("a value that cannot be used harms its own key alone") func unparsable() throws {
        let scene = try EtcdScene()
        try scene.host.addPair("cali2")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let place = EtcdCluster.prefix + "workloadendpoints/default/"
        try scene.cluster.put("workloadendpoints/default/web", endpointJSON(networks: ["10.65.0.999/32"]))
        try scene.cluster.put("workloadendpoints/default/new", "{\"kind\": garbage")
        try scene.cluster.put(
            "workloadendpoints/default/other", endpointJSON("other", interface: "cali2", networks: ["10.65.0.3/32"]))
        let report = try agent.wait(for: "the other endpoint") {
            $0.state("other") == .up && $0.source.rejected.count == 2
        }
        #expect(report.ready)
        let rejected = report.source.rejected.sorted { $0.location < $1.location }
        #expect(rejected.map(\.resource) == ["WorkloadEndpoint default/new", "WorkloadEndpoint default/web"])
        #expect(rejected.map(\.lastGoodKept) == [false, true])
        #expect(rejected[0].location.hasPrefix("\(place)new:1:") && rejected[1].location.hasPrefix("\(place)web:1:"))
        #expect(rejected[1].message.contains("10.65.0.999"), "\(rejected)")
        #expect(try scene.isReached())

        // Nor does an agent that never saw the good version let go of it.
        _ = try agent.terminate()
        let second = try scene.installation.startAgent()
        try second.wait(for: "both endpoints") { $0.state("other") == .up && $0.state("web") == .up }
        #expect(try scene.isReached())
        try scene.cluster.put("workloadendpoints/default/web", endpointJSON())
        try scene.cluster.delete("workloadendpoints/default/new")
        try second.wait(for: "mended values") { $0.source.rejected.isEmpty && $0.ready }
        #expect(try scene.isReached())
    }

    @Test("once: what etcd holds now, or one line that says why not") func once() throws {
        let scene = try EtcdScene(settings: "allowWideNetworks: true")
        try scene.cluster.put(
            "workloadendpoints/default/web", endpointJSON(networks: ["10.65.0.2/32", "10.66.0.0/24"]))
        let applied = try scene.installation.run("agent", "--once")
        #expect(applied.exitCode == 0, "\(applied)")
        #expect(try scene.isReached())
        #expect(try scene.routes().contains("10.66.0.0/24 dev cali1"))

        try scene.configure()
        let narrow = try scene.installation.run("agent", "--once")
        #expect(narrow.exitCode != 0 && "\(narrow)".contains("10.66.0.0/24"), "\(narrow)")

        let state = try scene.installation.kernelState()
        try scene.cluster.signal(0, SIGKILL)
        let refused = try scene.installation.run("agent", "--once")
        #expect(refused.exitCode == 1, "\(refused)")
        #expect(
            refused.errors.split(separator: "\n").filter { $0.contains("http://127.0.0.1:23790") }.count == 1
                && refused.errors.contains("cannot connect: connection refused"), "\(refused)")
        #expect(try scene.installation.kernelState() == state)
    }
}
