import Policy
package import SystemCalls

/// The figures of an agent. Pure; how many samples there are does not depend on the number of endpoints.
package struct AgentMetrics: Sendable {
    package var overview: AgentOverview
    package var endpoints: [StatusReport.Endpoint.State: Int]
    package var isReady: Bool
    /// Since the loop's last sign of life.
    package var silence: Duration
    /// Drops since the agent started, by reason; empty before the first reading.
    package var drops: [(reason: String, count: UInt64)]
    package var process: ProcessFacts?

    package init(
        board: AgentBoard, drops: [(reason: String, count: UInt64)], process: ProcessFacts? = .current
    ) {
        overview = board.overview
        endpoints = board.endpointCounts
        isReady = board.readiness.isReady
        silence = SuspendingClock.now - board.heartbeat.latest
        self.drops = drops
        self.process = process
    }

    package var families: [MetricFamily] {
        [agent, source, endpointFamilies, dataplane, felix, processFamilies].flatMap(\.self)
    }

    private var agent: [MetricFamily] {
        [
            MetricFamily(
                "margay_build", .info, "The version of Margay.", by: "version",
                [(MargayVersion.current, .integer(1))]),
            MetricFamily("margay_ready", .gauge, "Whether /readyz answers 200.", .flag(isReady)),
            MetricFamily(
                "margay_loop_silence_seconds", .gauge, "Time since the reconcile loop last got on.", unit: "seconds",
                .number(silence.statusSeconds)),
        ]
    }

    private var source: [MetricFamily] {
        let source = overview.source
        return [
            MetricFamily(
                "margay_source_in_sync", .gauge, "Whether all that the source holds is known.",
                .flag(source.state == .inSync)),
            MetricFamily(
                "margay_source_state", .gauge, "1 for the state the source is in, 0 for the others.", by: "state",
                StatusReport.Source.State.allCases.map { ($0.rawValue, .flag($0 == source.state)) }),
            MetricFamily(
                "margay_source_age_seconds", .gauge,
                "Time since the source was last in sync, or since the start if it never was; 0 while it is.",
                unit: "seconds", .number(source.ageSeconds(at: .now))),
            MetricFamily(
                "margay_source_reconnects", .counter,
                "How often the source was in sync again after it was out of reach.", .count(source.reconnects)),
            MetricFamily(
                "margay_rejected_resources", .gauge, "Resources of the source that cannot be used.",
                .count(source.rejected.count)),
        ]
    }

    private var endpointFamilies: [MetricFamily] {
        [
            MetricFamily(
                "margay_endpoints", .gauge, "Endpoints of this node by state.", by: "state",
                StatusReport.Endpoint.State.allCases.map { ($0.rawValue, .count(endpoints[$0] ?? 0)) }),
            MetricFamily(
                "margay_programming_seconds", .histogram,
                "From the latest event that an endpoint waited for, its resource or its interface, to its read-back.",
                unit: "seconds", .histogram(overview.figures.programming)),
            MetricFamily(
                "margay_drops", .counter, "Packets of endpoints dropped since the agent started, by reason.",
                by: "reason", drops.map { ($0.reason, .integer($0.count)) }),
        ]
    }

    private var dataplane: [MetricFamily] {
        let figures = overview.figures
        return [
            MetricFamily(
                "margay_dataplane_state", .gauge, "1 for the state the dataplane is in, 0 for the others.", by: "state",
                StatusReport.Dataplane.State.allCases.map { ($0.rawValue, .flag($0 == overview.dataplane.state)) }),
            MetricFamily(
                "margay_held_removals", .gauge,
                "Endpoints that the source has lost all at once and that stay until somebody confirms it.",
                .count(overview.dataplane.held?.endpoints ?? 0)),
            MetricFamily(
                "margay_apply_seconds", .histogram, "How long applies took, their read-back included.",
                unit: "seconds", .histogram(figures.applies)),
            MetricFamily(
                "margay_apply_failures", .counter, "Attempts that left the kernel other than wanted.",
                .count(overview.dataplane.failures)),
            MetricFamily(
                "margay_repairs", .counter, "Objects that somebody else had changed and that were put right.",
                by: "change",
                StatusReport.Repair.Change.allCases.map { ($0.rawValue, .integer(figures.repairs[$0] ?? 0)) }),
            MetricFamily(
                "margay_disputed_objects", .gauge,
                "Objects that somebody else changes again and again, so that they are repaired less often.",
                .count(overview.disputes)),
            MetricFamily(
                "margay_flows_ended", .counter, "Running flows that were ended, by the reason.", by: "reason",
                AgentFigures.FlowEnding.allCases.map { ($0.rawValue, .integer(figures.endedFlows[$0] ?? 0)) }),
            MetricFamily(
                "margay_foreign_chains", .gauge,
                "Base chains of other programs that drop, or may drop, what endpoints are allowed.", by: "effect",
                StatusReport.ForeignChain.Effect.allCases.map { effect in
                    (effect.rawValue, .count(overview.dataplane.foreignChains.count { $0.effect == effect }))
                }),
            MetricFamily(
                "margay_comparisons", .counter, "How often everything was compared with the kernel.",
                .integer(figures.comparisons)),
            MetricFamily(
                "margay_kernel_objects", .gauge, "Objects of ours in the kernel by kind.", by: "kind",
                overview.kernelObjects.sorted { $0.key < $1.key }.map { ($0.key, .count($0.value)) }),
        ]
    }
}

extension AgentMetrics {
    /// Those of Felix's names that mean the same here (docs.tigera.io, reference/felix/prometheus; felix/calc and
    /// felix/dataplane/linux of projectcalico/calico).
    private var felix: [MetricFamily] {
        let figures = overview.figures
        // Felix leaves the first apply out.
        let applies = figures.applies.count - (figures.firstApply == nil ? 0 : 1)
        return [
            MetricFamily(
                "felix_resync_state", .gauge,
                "State of the source: 1 waiting for it, 2 reading all of it, 3 in sync.", .integer(resyncState)),
            MetricFamily(
                "felix_resyncs_started", .bareCounter, "How often the source was read from the start.",
                .integer(figures.sourceReadings)),
            MetricFamily(
                "felix_active_local_endpoints", .gauge, "Endpoints of this node.",
                .count(endpoints.values.reduce(0, +))),
            MetricFamily(
                "felix_active_local_policies", .gauge, "Policies that judge endpoints of this node.",
                .count(overview.policies.activePolicies)),
            MetricFamily(
                "felix_active_local_selectors", .gauge, "Sets of what rules in force here select.",
                .count(overview.policies.activeSets)),
            MetricFamily(
                "felix_cluster_num_workload_endpoints", .gauge, "Endpoints of all nodes.",
                .count(overview.policies.endpoints)),
            MetricFamily(
                "felix_cluster_num_policies", .gauge, "Policies of the cluster, rehearsals left out.",
                .count(overview.policies.policies)),
            MetricFamily(
                "felix_cluster_num_profiles", .gauge, "Profiles of the cluster.",
                .count(overview.policies.profiles)),
            MetricFamily(
                "felix_cluster_num_tiers", .gauge, "Tiers of the cluster, default among them.",
                .count(overview.policies.tiers)),
            MetricFamily(
                "felix_int_dataplane_failures", .bareCounter, "Dataplane updates that failed and are tried again.",
                .count(overview.dataplane.failures)),
            MetricFamily(
                "felix_int_dataplane_apply_time_seconds", .summary,
                "How long dataplane updates took, the first one left out.", unit: "seconds",
                .summary(count: applies, sum: max(0, figures.applies.sum - (figures.firstApply ?? 0)))),
            MetricFamily(
                "felix_route_table_num_routes", .gauge, "Routes of ours in a routing table, both families.",
                by: "table",
                [("\(overview.routeTable)", .count(overview.kernelObjects["route"] ?? 0))]),
        ]
    }

    private var resyncState: UInt64 {
        switch overview.source.state {
        case .reconnecting, .stale: 1
        case .syncing: 2
        case .inSync: 3
        }
    }

    /// The names that Prometheus' client libraries share.
    private var processFamilies: [MetricFamily] {
        guard let process else { return [] }
        return [
            MetricFamily(
                "process_start_time_seconds", .gauge, "When the process started, since 1970.", unit: "seconds",
                .number(process.startTime)),
            MetricFamily(
                "process_cpu_seconds", .counter, "CPU time of the process, user and system.", unit: "seconds",
                .number(process.cpuSeconds)),
            MetricFamily(
                "process_resident_memory_bytes", .gauge, "Resident memory of the process.", unit: "bytes",
                .integer(process.residentBytes)),
            MetricFamily("process_open_fds", .gauge, "Open file descriptors.", .count(process.openDescriptors)),
        ]
    }
}
