import Agent
import Dataplane

/// A check's result as text: a row per endpoint, then a line per finding.
enum CheckTable {
    static func lines(_ result: CheckResult) -> [String] {
        var rows = [["ENDPOINT", "INTERFACE", "STATE", "MAC FILTER", "NETWORKS", "NATS"]]
        for row in result.rows {
            let state = row.state
            rows.append([
                row.endpoint, row.interface, state.phase.rawValue, state.filter.rawValue,
                count(state.networks.map(\.rawValue)), count(state.nats.map(\.rawValue)),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line +=
                    column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return line
        }
        for row in result.rows where !row.state.reason.isEmpty {
            lines.append("\(row.endpoint): \(row.state.reason)")
        }
        lines += result.findings
        lines += result.notes.map { "note: \($0)" }
        return lines + [summary(result)]
    }

    private static func summary(_ result: CheckResult) -> String {
        let up = result.rows.count { $0.state.phase == .up }
        let endpoints = "\(up) of \(result.rows.count) endpoints up"
        return result.findings.isEmpty
            ? "the kernel is as wanted, \(endpoints)"
            : "differences in the kernel: \(result.findings.count), \(endpoints)"
    }

    /// `2/2` when all are programmed.
    private static func count(_ states: [String]) -> String {
        "\(states.filter { $0 == "programmed" }.count)/\(states.count)"
    }
}
