import Status
import Testing

/// The figures of an agent are those of the kernel.
struct MetricsTests {
    private let topology: Topology
    private let one: Workload
    private let installation: Installation

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        installation = try Installation(in: topology.host)
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText())
    }

    private func metrics() throws -> HTTPAnswer { try topology.host.get("/metrics") }

    private func drops(_ reason: String) throws -> Double? {
        try metrics().sample("margay_drops_total{reason=\"\(reason)\"}")
    }

    /// What the workload sends in another's name.
    private func lie(_ count: Int, at socket: borrowing PacketSocket) throws {
        let packet = IPPacket.udp(from: address("10.65.0.99"), 1, to: address("192.0.2.1"), 2)
        for _ in 0..<count { try socket.send(one.frame(packet)) }
    }

    @Test func aSpoofedPacketIsCountedByItsReason() throws {
        var agent = try installation.startAgent()
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up }
        let socket = try one.packetSocket()
        try lie(3, at: socket)
        try eventually("three drops") { try drops("ip") == 3 }
        #expect(try drops("mac") == 0)

        // The endpoint's own counters go with it, and what they had counted stays in the sum.
        try installation.delete("web.yaml")
        try agent.wait(for: "the endpoint to go") { $0.ready && $0.endpoints.isEmpty }
        #expect(try drops("ip") == 3)
        try installation.put("web.yaml", endpointText())
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up }
        try lie(2, at: socket)
        try eventually("five drops") { try drops("ip") == 5 }

        // The kernel counts on without an agent, and a new one counts from its own start.
        try agent.kill()
        agent = try installation.startAgent()
        try agent.wait(for: "the endpoint to be up") { $0.state("web") == .up }
        #expect(try agent.status().endpoint("web")?.counters.drops.ip == 2)
        #expect(try drops("ip") == 0)
        try lie(1, at: socket)
        try eventually("one drop") { try drops("ip") == 1 }
    }

    @Test func endpointsAppliesAndRepairsAreCounted() throws {
        try installation.put("late.yaml", endpointText("late", interface: "cali2", addresses: ["10.65.0.3"]))
        try installation.put("bad.yaml", endpointText("bad", interface: "cali3", mac: "x"))
        let agent = try installation.startAgent()
        try agent.wait(for: "both endpoints") { $0.state("web") == .up && $0.state("late") == .pending }
        var answer = try metrics()
        #expect(answer.fields["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(answer.body.hasSuffix("\n# EOF\n"))
        for (sample, value) in [
            ("margay_endpoints{state=\"up\"}", 1), ("margay_endpoints{state=\"pending\"}", 1),
            ("felix_active_local_endpoints", 2), ("margay_rejected_resources", 1), ("margay_ready", 1),
            ("margay_dataplane_state{state=\"applied\"}", 1), ("margay_apply_seconds_count", 1),
            ("margay_programming_seconds_count", 1), ("felix_resync_state", 3), ("felix_resyncs_started", 1),
            ("margay_repairs_total{change=\"deleted\"}", 0), ("margay_apply_failures_total", 0),
        ] as [(String, Double)] {
            #expect(answer.sample(sample) == value, "\(sample)")
        }
        // As many routes as the kernel lists.
        let routes = try topology.host.ip("route show table all proto 77").split(separator: "\n").count
        #expect(answer.sample("margay_kernel_objects{kind=\"route\"}") == Double(routes))
        #expect(answer.sample("felix_route_table_num_routes{table=\"254\"}") == Double(routes))

        try topology.host.ip("route delete 10.65.0.2 dev cali1")
        try agent.wait(for: "the repair") { $0.dataplane.repairs > 0 && $0.state("web") == .up }
        answer = try topology.host.get("/metrics", accept: "text/plain")
        #expect(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.sample("margay_repairs_total{change=\"deleted\"}") == 1)
        #expect(answer.sample("felix_int_dataplane_apply_time_seconds_count") == 1)
        #expect(answer.sample("margay_apply_seconds_count") == 2)
        #expect(answer.sample("margay_endpoints{state=\"up\"}") == 1)

        // One that goes leaves its count, and one that loses its interface changes it.
        try installation.delete("late.yaml")
        try agent.wait(for: "the endpoint to go") { $0.endpoints.count == 1 }
        try topology.host.ip("link delete cali1")
        try eventually("the counts") {
            let answer = try metrics()
            return answer.sample("margay_endpoints{state=\"pending\"}") == 1
                && answer.sample("margay_endpoints{state=\"up\"}") == 0
                && answer.sample("felix_active_local_endpoints") == 1
        }
    }
}
