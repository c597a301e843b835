import Glibc
import Status
import Testing

/// What operators see of etcd as a source: `validate`, and how an agent tells that it is lost and back.
@Suite struct EtcdHealthTests {
    private let cluster: EtcdCluster
    private let installation: Installation

    init() throws {
        cluster = try EtcdCluster()
        installation = try Installation(in: cluster.namespace)
    }

    private var source: String { "etcd:\(cluster.endpoints.joined(separator: ","))" }

    /// As `calicoctl` writes one.
    private func endpoint(_ name: String, interface: String, addresses: String, more: String = "") -> String {
        """
        {"kind":"WorkloadEndpoint","apiVersion":"projectcalico.org/v3","metadata":{"name":"node1-cni-\(name)-eth0",\
        "namespace":"default"},"spec":{"orchestrator":"cni","node":"node1","containerID":"\(name)","endpoint":"eth0",\
        "ipNetworks":["\(addresses)"],"interfaceName":"\(interface)"\(more)}}
        """
    }

    private func validate(_ arguments: String...) throws -> CommandResult {
        try installation.command(["validate", "--source", source] + arguments).run()
    }

    @Test func validateReadsWhatTheSourceHolds() throws {
        try cluster.put("profiles/open", EtcdFaultTests.profile("open"))
        try cluster.put(
            "workloadendpoints/default/node1-cni-web-eth0",
            endpoint("web", interface: "cali1", addresses: "10.65.0.2/32"))
        let good = try validate()
        #expect(good.exitCode == 0, "\(good)")
        let name = "etcd \(cluster.endpoints[0])"
        #expect(good.output == "\(name): 2 resources valid, 0 rejected, 0 warnings\n")

        // Every violation of a value, and a value that is none.
        try cluster.put(
            "workloadendpoints/default/node1-cni-bad-eth0",
            endpoint("bad", interface: "cali*", addresses: "10.65.0.0/24", more: #","macc":"x""#))
        try cluster.put("profiles/broken", "{")
        try cluster.put("tiers/a/b", "{}")
        let bad = try validate()
        #expect(bad.exitCode == 1)
        let lines = bad.output.split(separator: "\n").map { $0.replacing(EtcdCluster.prefix, with: "") }
        for (start, words) in [
            ("workloadendpoints/default/node1-cni-bad-eth0:1:", ": error: spec.interfaceName: "),
            ("workloadendpoints/default/node1-cni-bad-eth0:1:", ": error: spec.ipNetworks[0]: "),
            (
                "workloadendpoints/default/node1-cni-bad-eth0:1:",
                ": warning: spec.macc: unknown field, kept without effect; did you mean \"mac\"?"
            ),
            ("profiles/broken:1:", ": error: "),
            ("tiers/a/b:1:1: error: no resource of this kind is kept under such a key", ""),
        ] {
            #expect(lines.count { $0.hasPrefix(start) && $0.contains(words) } == 1, "\(words): \(bad)")
        }
        #expect(lines.last == "\(name): 2 resources valid, 3 rejected, 1 warning")
        #expect(bad.errors == "")

        // As an agent with these settings, which also name the source.
        try installation.configure("allowWideNetworks: true")
        let variables = ["MARGAY_SOURCE_TYPE": "etcd", "MARGAY_SOURCE_ETCD_ENDPOINTS": cluster.endpoints[0]]
        let wide = try installation.command(["validate"], environment: variables).run()
        #expect(wide.exitCode == 1)
        #expect(!wide.output.contains("spec.ipNetworks"), "\(wide)")

        try cluster.signal(0, SIGKILL)
        let silent = try validate()
        #expect(silent.exitCode == 1)
        #expect(silent.output == "")
        #expect(silent.errors.hasPrefix("\(cluster.endpoints[0]): cannot "), "\(silent)")
        #expect(silent.errors.split(separator: "\n").count == 1, "\(silent)")
    }

    @Test func aLossIsToldByEveryFaceWithItsReasonAndCountedOnceItIsOver() throws {
        try cluster.put(
            "workloadendpoints/default/node1-cni-web-eth0",
            endpoint("web", interface: "cali1", addresses: "10.65.0.2/32"))
        let agent = try installation.startAgent(["--source", source])
        let before = try agent.wait(for: "the source") {
            $0.source.state == .inSync && $0.endpoint("node1-cni-web-eth0") != nil
        }
        #expect(before.source.reconnects == 0)
        #expect(before.source.lastError == nil)
        #expect(try cluster.namespace.get("/readyz").status == 200)
        let (location, kernel) = (cluster.endpoints[0], try installation.kernelState())

        try cluster.signal(0, SIGKILL)
        let lost = try agent.wait(for: "the loss") { $0.source.state == .reconnecting }
        #expect(!lost.ready)
        #expect(lost.source.lastError?.message.hasPrefix("\(location): cannot ") == true, "\(lost.source)")
        let ready = try cluster.namespace.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.body.hasPrefix("source: etcd \(location) is reconnecting for "), "\(ready)")
        #expect(ready.body.contains(" s ago: \(location): cannot "), "\(ready)")
        #expect(try installation.run("status", "--brief").output.contains("source reconnecting (\(location): cannot "))
        try eventually("the age to grow") {
            try cluster.namespace.get("/metrics").sample("margay_source_age_seconds").map { $0 > 1 } == true
        }
        #expect(try installation.kernelState() == kernel)

        try cluster.start(0)
        let back = try agent.wait(for: "the return", limit: .seconds(60)) { $0.source.state == .inSync }
        #expect(back.source.reconnects == 1)
        #expect(back.source.lastError?.message.hasPrefix("\(location): cannot ") == true)
        #expect(back.source.ageSeconds == 0)
        let metrics = try cluster.namespace.get("/metrics")
        #expect(metrics.sample("margay_source_reconnects_total") == 1)
        #expect(metrics.sample("margay_source_age_seconds") == 0)
        #expect(metrics.sample("felix_resyncs_started") == 2)
        #expect(agent.log.contains("info     The source is back"), "\(agent.log)")
        #expect(try installation.run("status").output.contains("in sync: etcd \(location), 1 reconnect\n"))
        #expect(try installation.kernelState() == kernel)
        #expect(try cluster.namespace.get("/readyz").status == 200)
    }
}
