import Glibc
import Status
import Testing

/// More to do than there is time for: nothing piles up, nobody starves, and the end is what was wanted last.
struct AgentOverloadTests {
    @Test func aStormOfEditsEndsInWhatWasWantedLast() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try agent.status().dataplane.applies
        let edits = 10_000
        for number in 0...edits {
            // Every other edit adds an address, and the last one leaves another.
            let more = number == edits ? "10.65.9.9" : "10.65.\(1 + number % 2).\(number % 200)"
            try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", more]))
            if number % 2000 == 0 {
                #expect(try scene.installation.run("status", "--brief").output.contains("endpoint"))
            }
        }
        try agent.wait(for: "the last edit", limit: .seconds(60)) { report in
            report.ready && report.endpoint("web")?.networks.map(\.cidr) == ["10.65.0.2/32", "10.65.9.9/32"]
        }
        let routes = try scene.routes().split(separator: "\n").filter { $0.hasPrefix("10.65.") }
        #expect(routes.count == 2, "\(routes)")
        let report = try agent.status()
        // Edits that pile up merge where they arise.
        #expect(report.dataplane.applies - before < edits / 2, "\(report.dataplane)")
        #expect(report.dataplane.failures == 0)
        #expect(try scene.isReached())
    }

    @Test func aFlappingLinkDisturbsNobodyElseAndEndsAsItIs() throws {
        let scene = try TrafficScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let traffic = try Traffic(
            ["two": scene.two.stream(from: "10.65.0.2", to: scene.outsideAddress)], seenBy: [scene.outside])
        try traffic.waitForMore("two", at: scene.outside)
        // A hundred times a second or as quickly as the machine can.
        try scene.host.command([
            "sh", "-ec",
            "for n in $(seq 300); do ip link set cali1 down; sleep 0.004; ip link set cali1 up; sleep 0.004; done",
        ]).succeed(limit: .seconds(60))
        try agent.wait(for: "the end of the storm") { report in
            report.ready && report.state("one") == .up && report.state("two") == .up
        }
        traffic.stop()
        #expect(try traffic.lost(["two"], at: scene.outside) == [:])
        #expect(try scene.routes().contains { $0.contains("10.65.0.1") })
        #expect(!agent.log.contains("Somebody undoes"), "routes that went with their link are nobody's doing")
    }

    /// Hardly any processor time: everything takes longer, and nothing else changes.
    @Test func withoutProcessorTimeItStillConverges() throws {
        let scene = try Scene()
        let hogs = try (0..<2).map { _ in
            try scene.host.command(["taskset", "-c", "0", "sh", "-c", "while :; do :; done"]).start()
        }
        defer {
            for hog in hogs {
                hog.signal(SIGKILL)
                _ = try? hog.wait()
            }
        }
        let agent = try RunningAgent(
            scene.installation, [], [:], preparation: "taskset -pc 0 $$ >/dev/null; renice -n 19 $$ >/dev/null")
        try agent.wait(for: "the agent", limit: .seconds(60)) { $0.ready && $0.state("web") == .up }
        try scene.host.nft("flush ruleset")
        try agent.wait(for: "the repair", limit: .seconds(60)) { $0.ready && $0.dataplane.repairs > 0 }
        #expect(try scene.isReached())
    }
}
