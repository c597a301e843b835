package import Dataplane
package import DataplaneLinux
import NetworkValues
import Policy
package import Resources
package import Settings

/// What is in the kernel against what should be, found by reading the kernel anew.
package struct CheckResult: Sendable {
    package struct Row: Sendable {
        package let key: ResourceKey
        package let endpoint: WorkloadEndpoint
        package let state: EndpointState
        /// What the kernel has counted so far, before any probe.
        package let drops: [DropReason: UInt64]
        /// `nil` when nobody asked for it.
        package let probe: ProbeOutcome?

        package init(
            key: ResourceKey, endpoint: WorkloadEndpoint, state: EndpointState, drops: [DropReason: UInt64] = [:],
            probe: ProbeOutcome? = nil
        ) {
            self.key = key
            self.endpoint = endpoint
            self.state = state
            self.drops = drops
            self.probe = probe
        }
    }

    package var rows: [Row]
    /// What is missing, altered, or there and unwanted; a line each.
    package var findings: [String]
    /// Worth knowing, and nothing wrong.
    package var notes: [String]

    package init(rows: [Row], findings: [String], notes: [String]) {
        self.rows = rows
        self.findings = findings
        self.notes = notes
    }

    package var isClean: Bool { findings.isEmpty && rows.allSatisfy { $0.state.phase == .up } }
}

package enum Check {
    /// Reads everything of ours over sockets of its own and compares it with what `resources` ask for.
    /// - Parameters:
    ///   - yielding: Those among the endpoints that lose every contest with others.
    ///   - probes: Whether frames are sent that must be dropped (``SourceFilterProbe``).
    package static func run(
        _ resources: [Resource], _ settings: AgentSettings, yielding: Set<ResourceKey> = [], probes: Bool = false
    ) throws -> CheckResult {
        let comparison = try KernelComparison(resources, settings, yielding: yielding)
        let (model, options) = (comparison.model, comparison.model.options)
        var kernel = try LinuxDataplane(options: options)
        let counters = try kernel.counters()
        let keys = model.endpoints.keys.sorted()
        var outcomes: [ResourceKey: ProbeOutcome] = [:]
        if probes {
            var probe = try SourceFilterProbe(model)
            outcomes = try probe.run(keys)
        }
        let audit = model.sourceFilterAudit
        let rows = keys.compactMap { key -> CheckResult.Row? in
            guard let endpoint = model.endpoints[key], let state = model.state(of: key, audit: audit) else {
                return nil
            }
            return CheckResult.Row(
                key: key, endpoint: endpoint, state: state,
                drops: counters[endpoint.interfaceName.rawValue]?.drops ?? [:], probe: outcomes[key])
        }
        let known = Set(model.endpoints.values.map(\.interfaceName))
        let unknown = comparison.interfaces.keys.filter { name in
            !known.contains(name) && options.interfacePrefixes.contains { name.rawValue.hasPrefix($0) }
        }
        let foreign = ForeignChain.judge(
            try kernel.foreignBaseChains(), families: Set(IPFamily.allCases.filter(model.isUsed)))
        func texts(_ effect: ForeignChain.Effect) -> [String] {
            foreign.filter { $0.effect == effect }.map { $0.text(prefixes: options.interfacePrefixes) }
        }
        let fate = options.dropsUnknownInterfaces ? "closed" : "open (unknownInterfaces: ignore)"
        return CheckResult(
            rows: rows, findings: findings(in: model) + rows.compactMap(failure) + texts(.drops),
            notes: unknown.sorted().map { "interface \($0) has no endpoint: \(fate)" }
                + comparison.unheldTables.map {
                    "table \($0) is not locked at present: lockTable holds it only while an agent runs"
                } + texts(.mayDrop) + model.policy.summaries().flatMap(\.remarks)
                + LinuxDataplane.legacyFilters.filter(model.isUsed).sorted().map(legacyNote))
    }

    /// The legacy tables' rules are read by another interface of the kernel, and by it alone.
    private static func legacyNote(_ family: IPFamily) -> String {
        let command = family == .v4 ? "iptables-legacy" : "ip6tables-legacy"
        return "\(command) has a filter table: what it drops is not seen here, \(command) -S FORWARD shows it"
    }

    private static func failure(_ row: CheckResult.Row) -> String? {
        guard case .failed(let passed) = row.probe else { return nil }
        return
            "not dropped: \(passed.joined(separator: ", ")) from \(row.endpoint.interfaceName) (\(row.key.shortName))"
    }

    private static func findings(in model: DataplaneModel) -> [String] {
        model.tracker.differences.map { difference in
            let object = model.describe(difference.object)
            return switch difference.kind {
            case .missing: "missing: \(object)"
            case .altered: "altered: \(object)"
            case .unwanted: "unwanted: \(object)"
            }
        }.sorted()
    }
}
