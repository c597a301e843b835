/// How an agent stands in one line.
struct AgentSummary {
    private let overview: AgentOverview
    private let counts: [StatusReport.Endpoint.State: Int]

    init(_ overview: AgentOverview, _ counts: [StatusReport.Endpoint.State: Int]) {
        self.overview = overview
        self.counts = counts
    }

    /// `8 endpoints up, 1 pending; 1 rejected; source in sync`, with the dataplane's state where that is not applied.
    var text: String {
        let states = StatusReport.Endpoint.State.allCases.compactMap { state in
            counts[state].map { (state: state, count: $0) }
        }
        var words = states.enumerated().map { index, item in
            index == 0
                ? "\(counted(item.count, "endpoint")) \(item.state.rawValue)" : "\(item.count) \(item.state.rawValue)"
        }
        if words.isEmpty { words = ["no endpoints"] }
        var parts = [words.joined(separator: ", ")]
        if !overview.source.rejected.isEmpty { parts.append("\(overview.source.rejected.count) rejected") }
        parts.append("source \(overview.source.state.words)")
        if overview.dataplane.state != .applied { parts.append("dataplane \(overview.dataplane.state.rawValue)") }
        return parts.joined(separator: "; ")
    }
}
