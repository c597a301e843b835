import Agent
import Dataplane
import NetworkValues
import Resources
import Status

/// A check's result as text: a row per endpoint with reason, drops and probe below, those with a problem first; then a
/// line per finding and note.
struct CheckTable {
    let lines: [String]

    /// - Parameter width: What the table keeps to. The lines of findings are as long as they get, for grep's sake.
    init(_ result: CheckResult, text: TerminalText, width: Int = 80) {
        let columns = TextColumns(columns: [
            .init(heading: "ENDPOINT", mayShrink: true), .init(heading: "INTERFACE"), .init(heading: "STATE"),
            .init(heading: "MAC FILTER"), .init(heading: "NETWORKS"), .init(heading: "NATS"),
        ])
        let sorted = result.rows.map { (row: $0, phase: StatusReport.Endpoint.State($0.state.phase)) }
            .sorted { ($0.phase.urgency, $0.row.key.shortName) < ($1.phase.urgency, $1.row.key.shortName) }
        let rows = sorted.map { row, phase in
            let cells: [TextColumns.Cell] = [
                .init(row.key.shortName), .init(row.endpoint.interfaceName.rawValue),
                .init(phase.rawValue, phase.emphasis),
                .init(row.state.filter.rawValue, row.state.filter.emphasis), Self.count(row.state.networks),
                Self.count(row.state.nats),
            ]
            let drops = row.drops.words
            let below =
                [row.state.reason, drops.isEmpty ? "" : "drops: \(drops)", row.probe.map { "probe: \($0.text)" } ?? ""]
            return (cells: cells, below: below.flatMap { $0.wrapped(to: width, indent: "    ") })
        }
        var lines = rows.isEmpty ? [] : columns.lines(rows, width: width, text: text)
        lines += result.findings.map { text.emphasize($0.printable, .bad) }
        lines += result.notes.map { "note: \($0.printable)" }
        self.lines = lines + [Self.summary(result)]
    }

    private static func summary(_ result: CheckResult) -> String {
        let up = result.rows.count { $0.state.phase == .up }
        let endpoints = "\(up) of \(result.rows.count) \(result.rows.count == 1 ? "endpoint" : "endpoints") up"
        return result.findings.isEmpty
            ? "the kernel is as wanted, \(endpoints)"
            : "differences in the kernel: \(result.findings.count), \(endpoints)"
    }

    /// `2/2` when all are programmed.
    private static func count(_ states: [ProgrammingState]) -> TextColumns.Cell {
        let programmed = states.count { $0 == .programmed }
        return .init("\(programmed)/\(states.count)", programmed == states.count ? nil : .bad)
    }
}

extension StatusReport.Endpoint.State {
    fileprivate init(_ phase: EndpointState.Phase) {
        self = Self(rawValue: phase.rawValue) ?? .error
    }
}

extension EndpointState.FilterState {
    fileprivate var emphasis: TerminalText.Emphasis? {
        switch self {
        case .enforced, .absent: nil
        case .unenforceable, .missing, .altered: .bad
        }
    }
}
