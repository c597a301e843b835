import SystemCalls

extension StatusTable {
    /// Every rejected document with its place and what became of the resource.
    func rejected(width: Int?) -> [String] {
        guard !report.source.rejected.isEmpty else { return [] }
        var lines = [text.emphasize("Rejected: " + counted(report.source.rejected.count, "resource"), .bad)]
        for rejected in report.source.rejected {
            let fate = rejected.lastGoodKept ? "the last good version stays programmed" : "not programmed"
            lines += "\(rejected.resource) (\(fate))".wrapped(to: width ?? .max, indent: "  ")
            lines += "\(rejected.location): \(rejected.message)".wrapped(to: width ?? .max, indent: "    ")
        }
        return lines
    }

    /// The rows that fit the width; an endpoint's reason stands below its row.
    func endpoints() -> [String] {
        guard !report.endpoints.isEmpty else { return [] }
        let columns = TextColumns(columns: [
            .init(heading: "NAME", mayShrink: true), .init(heading: "INTERFACE"), .init(heading: "STATE"),
            .init(heading: "NETWORKS", mayShrink: true), .init(heading: "DROPS", isNumber: true),
        ])
        let rows = sortedEndpoints.map { endpoint in
            let others = endpoint.networks.count - 1
            let networks = (endpoint.networks.first?.cidr ?? "-") + (others > 0 ? " +\(others)" : "")
            let cells: [TextColumns.Cell] = [
                .init(endpoint.qualifiedName), .init(endpoint.interfaceName),
                .init(endpoint.state.rawValue, endpoint.state.emphasis), .init(networks),
                .init("\(endpoint.counters.drops.total)"),
            ]
            return (cells: cells, below: endpoint.reason.wrapped(to: width, indent: "    "))
        }
        return columns.lines(rows, width: width, text: text)
    }

    func wideEndpoints() -> [String] {
        guard !report.endpoints.isEmpty else { return [] }
        let headings = [
            "NAME", "INTERFACE", "STATE", "MAC", "MAC FILTER", "NETWORKS", "NATS", "PROFILES", "POLICIES",
            "TO PACKETS", "FROM PACKETS", "DROPS", "PROGRAMMED", "REASON",
        ]
        let columns = TextColumns(
            columns: headings.map { TextColumns.Column(heading: $0, isNumber: $0.hasSuffix("PACKETS")) })
        let rows = sortedEndpoints.map { endpoint in
            let counters = endpoint.counters
            let drops = counters.drops.byReason.filter { $0.count > 0 }.map { "\($0.reason) \($0.count)" }
            let cells: [TextColumns.Cell] = [
                .init(endpoint.qualifiedName), .init(endpoint.interfaceName),
                .init(endpoint.state.rawValue, endpoint.state.emphasis), .init(endpoint.macFilter.mac ?? "-"),
                .init(endpoint.macFilter.state.rawValue),
                list(endpoint.networks.map { $0.cidr + noted($0.state) }),
                list(endpoint.nats.map { "\($0.externalIP)->\($0.internalIP)" + noted($0.state) }),
                list(endpoint.profiles), list(endpoint.policies),
                .init("\(counters.toWorkload.packets)"), .init("\(counters.fromWorkload.packets)"),
                list(drops), .init(endpoint.programmedAt?.description ?? "-"), .init(endpoint.reason),
            ]
            return (cells: cells, below: [String]())
        }
        return columns.lines(rows, width: nil, text: text)
    }

    /// The latest changes by others that were put right.
    func repairs() -> [String] {
        guard !report.dataplane.lastRepairs.isEmpty else { return [] }
        return [text.emphasize("Latest repairs", .heading)]
            + report.dataplane.lastRepairs.map { "  \($0.at)  \($0.change.rawValue)  \($0.object)" }
    }

    private var sortedEndpoints: [StatusReport.Endpoint] {
        report.endpoints.sorted {
            ($0.state.urgency, $0.qualifiedName) < ($1.state.urgency, $1.qualifiedName)
        }
    }

    private func list(_ texts: [String]) -> TextColumns.Cell {
        .init(texts.isEmpty ? "-" : texts.joined(separator: ", "))
    }

    private func noted(_ progress: StatusReport.Endpoint.Progress) -> String {
        progress == .programmed ? "" : " (\(progress.rawValue))"
    }
}
