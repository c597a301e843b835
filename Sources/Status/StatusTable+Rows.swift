import SystemCalls

extension StatusTable {
    /// Every rejected document with its place and what became of the resource.
    func rejected() -> [String] {
        guard !report.source.rejected.isEmpty else { return [] }
        var lines = [text.emphasize("Rejected: " + counted(report.source.rejected.count, "resource"), .bad)]
        for rejected in report.source.rejected {
            let fate = rejected.lastGoodKept ? "the last good version stays programmed" : "not programmed"
            lines += "\(rejected.resource) (\(fate))".wrapped(to: width, indent: "  ")
            lines += "\(rejected.location): \(rejected.message)".wrapped(to: width, indent: "    ")
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

    /// The latest changes by others that were put right.
    func repairs() -> [String] {
        guard !report.dataplane.lastRepairs.isEmpty else { return [] }
        return [text.emphasize("Latest repairs", .heading)]
            + report.dataplane.lastRepairs.flatMap { repair in
                let writer = repair.by.map { " by \($0.printable)" } ?? ""
                let words = "\(repair.at)  \(repair.change.rawValue)\(writer)"
                let object = repair.object.wrapped(to: width, indent: "      ")
                let line = "  \(words)  \(repair.object.printable)"
                return line.count <= width ? [line] : ["  \(words)"] + object
            }
    }

    var sortedEndpoints: [StatusReport.Endpoint] {
        report.endpoints.sorted {
            ($0.state.urgency, $0.qualifiedName) < ($1.state.urgency, $1.qualifiedName)
        }
    }
}
