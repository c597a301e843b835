import Resources
import SystemCalls
import Testing

@testable import Status

@Suite struct AgentMetricsTests {
    private let board = AgentBoard(source: ("directory", "/d"))

    private func sample(_ line: String, drops: [(reason: String, count: UInt64)] = []) -> Bool {
        let text = MetricsFormat.openMetrics.text(of: AgentMetrics(board: board, drops: drops).families)
        return text.split(separator: "\n").contains { $0 == line }
    }

    private func value(_ name: String) -> Double? {
        MetricsFormat.openMetrics.text(of: AgentMetrics(board: board, drops: []).families).split(separator: "\n")
            .first { $0.hasPrefix("\(name) ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    @Test func whatTheBoardTellsIsWhatIsCounted() {
        var overview = AgentOverview(
            source: .init(
                state: .inSync, since: .now, lastInSync: .now,
                rejected: [.init(resource: "a", location: "a:1:1", message: "", lastGoodKept: true)]),
            dataplane: .init(state: .held, failures: 3))
        overview.figures.repairs = [.altered: 2]
        overview.figures.endedFlows = [.nat: 5]
        overview.figures.sourceReadings = 4
        overview.figures.applies.observe(8)
        overview.figures.firstApply = 8
        overview.figures.applies.observe(0.5)
        overview.figures.programming.observe(0.002)
        overview.kernelObjects = ["route": 7, "chain": 30]
        overview.routeTable = 100
        board.post(overview, endpoints: [key("a"): standing("a", .up), key("b"): standing("b", .error)])
        for line in [
            "margay_build_info{version=\"\(MargayVersion.current)\"} 1", "margay_ready 0", "margay_source_in_sync 1",
            "margay_source_age_seconds 0.0", "margay_rejected_resources 1", "margay_endpoints{state=\"up\"} 1",
            "margay_endpoints{state=\"error\"} 1", "margay_endpoints{state=\"pending\"} 0",
            "margay_programming_seconds_bucket{le=\"0.001\"} 0",
            "margay_programming_seconds_bucket{le=\"0.0025\"} 1", "margay_dataplane_state{state=\"held\"} 1",
            "margay_dataplane_state{state=\"applied\"} 0", "margay_apply_seconds_count 2",
            "margay_flows_ended_total{reason=\"nat\"} 5", "margay_flows_ended_total{reason=\"policy\"} 0",
            "margay_apply_failures_total 3", "margay_repairs_total{change=\"altered\"} 2",
            "margay_repairs_total{change=\"deleted\"} 0", "margay_kernel_objects{kind=\"route\"} 7",
            "felix_resync_state 3", "felix_resyncs_started 4", "felix_active_local_endpoints 2",
            "felix_int_dataplane_failures 3", "felix_int_dataplane_apply_time_seconds_count 1",
            "felix_int_dataplane_apply_time_seconds_sum 0.5", "felix_route_table_num_routes{table=\"100\"} 7",
        ] {
            #expect(sample(line), "\(line)")
        }
        #expect(sample("margay_drops_total{reason=\"mac\"} 5", drops: [("mac", 5), ("ip", 0)]))
    }

    @Test func aSourceThatIsNotInSyncAges() {
        var lost = AgentOverview.Source(
            state: .reconnecting, since: .now - .seconds(5), lastInSync: .now - .seconds(90), problem: "gone")
        #expect(sample("margay_source_reconnects_total 0"))
        lost.reconnects = 3
        board.post(AgentOverview(source: lost, dataplane: .init(state: .applied)))
        #expect(sample("margay_source_in_sync 0"))
        #expect(sample("margay_source_reconnects_total 3"))
        #expect(sample("felix_resync_state 1"))
        #expect(value("margay_source_age_seconds").map { $0 >= 90 } == true)
        let never = AgentOverview.Source(state: .syncing, since: .now - .seconds(40))
        #expect(never.ageSeconds(at: .now) >= 40)
        board.post(AgentOverview(source: never, dataplane: .init(state: .applying)))
        #expect(sample("felix_resync_state 2"))
        #expect(value("margay_source_age_seconds").map { $0 >= 40 && $0 < 90 } == true)
    }

    @Test func theProcessIsThisOne() throws {
        let memory = try #require(value("process_resident_memory_bytes"))
        #expect(memory > 1_048_576)
        let descriptors = try #require(value("process_open_fds"))
        #expect(descriptors >= 3)
        let time = try #require(value("process_cpu_seconds_total"))
        #expect(time >= 0)
        let start = try #require(value("process_start_time_seconds"))
        let now = Double(Timestamp.now.millisecondsSinceEpoch) / 1000
        #expect(start <= now + 1 && start > now - 7 * 86_400)
    }

    @Test func moreEndpointsAreNotMoreSamples() {
        let few = AgentMetrics(board: board, drops: []).families.reduce(0) { $0 + $1.samples.count }
        let many = Dictionary(
            uniqueKeysWithValues: (0..<1000).map { (key("e\($0)"), Optional(standing("e\($0)", .up))) })
        board.post(board.overview, endpoints: many)
        #expect(AgentMetrics(board: board, drops: []).families.reduce(0) { $0 + $1.samples.count } == few)
    }
}

func key(_ name: String) -> ResourceKey {
    ResourceKey(kind: .workloadEndpoint, namespace: "default", name: name)
}

func standing(
    _ name: String, _ state: StatusReport.Endpoint.State, interface: String = "", reason: String = ""
) -> EndpointStanding {
    EndpointStanding(
        name: name, namespace: "default", interfaceName: interface.isEmpty ? "cali-\(name)" : interface, state: state,
        reason: reason)
}

extension AgentOverview {
    /// All as wanted.
    static var good: Self {
        AgentOverview(
            source: .init(state: .inSync, since: .now, lastInSync: .now), dataplane: .init(state: .applied))
    }
}
