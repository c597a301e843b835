import Glibc
import Status
import Testing

/// What an agent answers to probes, as its source comes and goes and its port is taken.
struct HealthTests {
    private let scene: QuietScene

    init() throws {
        scene = try QuietScene()
    }

    private func move(_ from: String, _ to: String) throws {
        guard rename(from, to) == 0 else { throw TestKitError("rename \(from): errno \(errno)") }
    }

    /// Asks until the answer has this status.
    @discardableResult
    private func answer(_ path: String, _ status: Int, of agent: RunningAgent) throws -> HTTPAnswer {
        var last: HTTPAnswer?
        try eventually("\(path) to answer \(status)") {
            last = try? scene.host.get(path)
            return last?.status == status
        } otherwise: {
            "last answer: \(last?.description ?? "none")\nthe agent's log:\n\(agent.log)"
        }
        return try #require(last)
    }

    @Test func anAgentIsReadyOnceItsSourceIsInTheKernelAndNotWhileItIsOutOfReach() throws {
        let (folder, away) = (scene.installation.resources, "\(scene.installation.folder)/away")
        try move(folder, away)
        let agent = try scene.installation.startAgent()
        let early = try answer("/readyz", 503, of: agent)
        #expect(early.body.contains("source: directory \(folder) was never read completely"), "\(early)")
        #expect(early.body.contains("dataplane: nothing was programmed yet"), "\(early)")
        #expect(try scene.host.get("/livez").status == 200)
        #expect(try scene.host.get("/readiness").status == 503)
        #expect(try scene.host.get("/metrics").sample("margay_source_in_sync") == 0)
        #expect(try scene.host.get("/metrics").sample("margay_ready") == 0)

        try move(away, folder)
        #expect(try answer("/readyz", 200, of: agent).body == "ok\n")
        #expect(try scene.host.get("/readiness").status == 204)
        #expect(try scene.routes().contains("10.65.0.2 "))
        #expect(try scene.host.get("/metrics").sample("felix_resync_state") == 3)
        let verbose = try scene.host.get("/readyz?verbose").body
        #expect(verbose.contains("[+]source ok\n") && verbose.hasSuffix("readyz check passed\n"), "\(verbose)")

        try move(folder, away)
        let late = try answer("/readyz", 503, of: agent)
        #expect(late.body.contains("source: directory \(folder) is reconnecting"), "\(late)")
        #expect(late.body.contains("last in sync"), "\(late)")
        #expect(!late.body.contains("dataplane:"), "\(late)")
        try eventually("the age to grow") {
            try scene.host.get("/metrics").sample("margay_source_age_seconds").map { $0 > 1 } == true
        }
        #expect(try scene.host.get("/livez").status == 200)
        #expect(try scene.routes().contains("10.65.0.2 "))

        let brief = try scene.installation.run("status", "--brief")
        #expect(brief.output.contains("source reconnecting (cannot "), "\(brief)")
        let lost = try scene.installation.run("status")
        #expect(lost.output.contains("           last error at "), "\(lost)")

        try move(away, folder)
        try answer("/readyz", 200, of: agent)
        #expect(try scene.host.get("/metrics").sample("margay_source_age_seconds") == 0)
        // Once at the start, and now.
        #expect(try scene.host.get("/metrics").sample("margay_source_reconnects_total") == 2)
        let source = try agent.status().source
        #expect(source.reconnects == 2)
        #expect(source.lastError?.message.contains(folder) == true, "\(source)")
        #expect(agent.log.contains("The source is back"), "\(agent.log)")
    }

    @Test func whatTheKernelRefusesIsAReasonAndAnInterfaceThatIsNotThereIsNone() throws {
        let switchOff = "/proc/sys/net/ipv6/conf/cali1/disable_ipv6"
        try scene.host.command(["sh", "-c", "echo 1 >\(switchOff)"]).succeed()
        try scene.installation.put("late.yaml", endpointText("late", interface: "cali2", addresses: ["10.65.0.3"]))
        let agent = try scene.installation.startAgent()
        try answer("/readyz", 200, of: agent)

        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.2", "2001:db8:65::2"]))
        let refused = try answer("/readyz", 503, of: agent)
        #expect(refused.body.hasPrefix("dataplane: not everything could be programmed: "), "\(refused)")
        #expect(refused.body.contains("2001:db8:65::2"), "\(refused)")
        #expect(try agent.wait(for: "the refusal") { $0.state("web") == .error }.ready == false)
        let wait = try scene.installation.run("wait", "web", "--timeout", "10ms")
        #expect(wait.exitCode == 1 && wait.errors.contains("default/web: error: "), "\(wait)")
        // An address that is refused one endpoint keeps no other from being gone.
        try scene.installation.delete("late.yaml")
        #expect(try scene.installation.run("wait", "late", "--for", "gone").exitCode == 0)
        #expect(try scene.host.get("/metrics").sample("margay_dataplane_state{state=\"degraded\"}") == 1)

        try scene.host.command(["sh", "-c", "echo 0 >\(switchOff)"]).succeed()
        try answer("/readyz", 200, of: agent)
        #expect(try scene.installation.run("wait", "web").exitCode == 0)
    }

    @Test func whatIsHeldIsAReason() throws {
        let first = try scene.installation.startAgent()
        try answer("/readyz", 200, of: first)
        try first.kill()
        try scene.installation.forgetLastGood()
        try scene.installation.put("web.yaml", endpointText().replacing("metadata", with: "metadatum"))
        let second = try scene.installation.startAgent()
        try second.wait(for: "the first apply") { $0.dataplane.state == .held && !$0.ready }
        #expect(try answer("/readyz", 503, of: second).body.hasPrefix("removals: held: "))
        // Nobody knows whether what is held is what is asked for.
        #expect(try scene.installation.run("wait", "web", "--for", "gone", "--timeout", "10ms").exitCode == 1)
        try scene.installation.put("web.yaml", endpointText())
        try answer("/readyz", 200, of: second)
    }

    @Test func aTakenPortIsSaidAndNeitherEndsTheAgentNorGoesUnnoticed() throws {
        var taken = Optional(try scene.host.run { try InternetSocket.listener(port: 9099) })
        let agent = try scene.installation.startAgent()
        let report = try agent.wait(for: "the notice") { $0.ready && !$0.dataplane.notices.isEmpty }
        let notice = try #require(report.dataplane.notices.first)
        #expect(notice.contains("127.0.0.1:9099 (http.listen): Address already in use"), "\(notice)")
        #expect(report.isHealthy)
        #expect(agent.log.contains("error    Cannot answer health and metrics over HTTP"), "\(agent.log)")
        _ = taken.take()
        try answer("/livez", 200, of: agent)
        try agent.wait(for: "the notice to go") { $0.dataplane.notices.isEmpty }
    }

    @Test func theStatusIsTheSocketsAndResourcesAndSettingsStayThere() throws {
        let agent = try scene.installation.startAgent()
        try answer("/readyz", 200, of: agent)
        let report = try StatusReport(json: scene.host.get("/status").body.utf8)
        #expect(report.state("web") == .up)
        #expect(report.agent.pid == agent.pid)
        #expect(report.asOf == nil)
        for path in ["/resources", "/settings", "/wait?name=web", "/"] {
            #expect(try scene.host.get(path).status == 404)
        }
        // Nobody but this machine can ask. Where no interface but the loopback one has an IPv4 address, getaddrinfo(3)
        // gives an IPv4 address as a mapped one.
        let listening = try scene.host.command(["cat", "/proc/net/tcp", "/proc/net/tcp6"]).succeed()
        let sockets = listening.split(separator: "\n").filter { $0.split(separator: " ").dropFirst(3).first == "0A" }
        #expect(sockets.count == 1 && sockets[0].contains("0100007F:238B "), "\(listening)")
    }
}
