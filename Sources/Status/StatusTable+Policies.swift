extension StatusTable {
    /// How many policies and profiles there are by state, and how many have something that selects nothing.
    func policySummary() -> String? {
        guard !report.policies.isEmpty else { return nil }
        let counts = StatusReport.Policy.State.allCases.compactMap { state in
            let count = report.policies.count { $0.state == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        let idle = report.policies.count { !$0.notes.isEmpty }
        return counts.joined(separator: ", ")
            + (idle > 0 ? "; \(idle) with what selects nothing (status -o wide)" : "")
    }

    /// A row per policy and profile, with what of it selects nothing.
    func policies() -> [String] {
        guard !report.policies.isEmpty else { return [] }
        let columns = TextColumns(columns: [
            .init(heading: "POLICY", mayShrink: true), .init(heading: "TIER", mayShrink: true),
            .init(heading: "TYPES"), .init(heading: "STATE"), .init(heading: "ENDPOINTS", isNumber: true),
        ])
        let rows = report.policies.map { policy in
            let name = policy.kind == "Profile" ? "profile \(policy.name)" : policy.name
            let cells: [TextColumns.Cell] = [
                .init(name), .init(policy.tier ?? "-"), .init(policy.types.joined(separator: ",")),
                .init(policy.state.rawValue, policy.state == .missing ? .bad : nil), .init("\(policy.endpoints)"),
            ]
            return (cells: cells, below: policy.notes.flatMap { $0.wrapped(to: width, indent: "    ") })
        }
        return columns.lines(rows, width: width, text: text)
    }
}
