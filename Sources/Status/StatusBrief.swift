import FoundationEssentials

/// How an agent stands, without a row for each endpoint: quickly told, whatever their number and whatever the reconcile
/// loop is at.
package struct StatusBrief: Codable, Hashable, Sendable {
    package var node: String
    package var ready: Bool
    /// How many endpoints are in each state; states that none is in may be left out.
    package var endpoints: [String: Int]
    /// How many resources of the source cannot be used.
    package var rejected: Int
    package var source: StatusReport.Source.State
    /// Why the source is out of reach; `nil` while it is not.
    @Nullable package var sourceError: String?
    package var dataplane: StatusReport.Dataplane.State
    package var notices: [String]

    package init(_ report: StatusReport) {
        node = report.node
        ready = report.ready
        endpoints = Dictionary(grouping: report.endpoints, by: \.state.rawValue).mapValues(\.count)
        rejected = report.source.rejected.count
        source = report.source.state
        sourceError = source == .inSync ? nil : report.source.lastError?.message
        dataplane = report.dataplane.state
        notices = report.dataplane.notices
    }

    /// How the loop stood when it last came to a rest, or that it has been at work for long.
    init(_ board: AgentBoard) {
        let overview = board.overview
        node = board.node
        ready = board.readiness.isReady
        endpoints = Dictionary(uniqueKeysWithValues: board.endpointCounts.map { ($0.rawValue, $1) })
        rejected = overview.source.rejected.count
        source = overview.source.state
        sourceError = source == .inSync ? nil : overview.source.lastError?.message
        notices = overview.dataplane.notices
        let heartbeat = board.heartbeat
        let isLong = heartbeat.step != nil && .now - heartbeat.since > Self.longWork
        dataplane = isLong ? .applying : overview.dataplane.state
        if let problem = heartbeat.problem(at: .now) { notices.append(problem) }
    }

    private static let longWork = Duration.seconds(1)

    /// Whether everything is as wanted, see ``StatusReport/isHealthy``.
    package var isHealthy: Bool {
        endpoints.allSatisfy { $0.key == StatusReport.Endpoint.State.up.rawValue } && rejected == 0
            && source == .inSync && dataplane == .applied
    }

    /// `node1: degraded: 2 of 3 endpoints up, 1 rejected resource, source in sync, dataplane applied`.
    /// - Parameter rowAge: How old the endpoints' states are, if they are not new.
    package func line(_ text: TerminalText = .plain, rowAge: String? = nil) -> String {
        let count = endpoints.values.reduce(0, &+)
        let up = endpoints[StatusReport.Endpoint.State.up.rawValue] ?? 0
        var parts = ["\(up) of \(counted(count, "endpoint")) up" + (rowAge.map { " (\($0))" } ?? "")]
        if rejected > 0 { parts.append(counted(rejected, "rejected resource")) }
        parts.append("source \(source.words)" + (sourceError.map { " (\($0.printable))" } ?? ""))
        parts.append("dataplane \(dataplane.rawValue)")
        parts += notices.map(\.printable)
        let isGood = isHealthy && rowAge == nil
        let verdict = isGood ? text.emphasize("healthy", .good) : text.emphasize("degraded", .bad)
        return "\(node.printable): \(verdict): \(parts.joined(separator: ", "))\n"
    }

    /// The document of `/brief`, as ``StatusReport/json()`` writes its own.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
    }
}
