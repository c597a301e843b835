/// Rows as a person reads them.
struct RowTable {
    private static let columns = ["measure", "margay", "peer", "kernel floor", "ratio", "target", "met"]

    let rows: [Row]

    var text: String {
        let cells = [Self.columns] + rows.map(Self.cells)
        let widths = Self.columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { line in
            var text = ""
            for (cell, width) in zip(line, widths) {
                text += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }

    /// For docs/performance.md.
    var markdown: String {
        let lines = [Self.columns, Self.columns.map { _ in "---" }] + rows.map(Self.cells)
        return lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    private static func cells(_ row: Row) -> [String] {
        func text(_ value: Double?) -> String { value.map { "\($0.plain) \(row.unit)" } ?? "" }
        let peer = text(row.peer) + (row.peerName.map { " (\($0))" } ?? "")
        return [
            row.measure, text(row.margay), peer, text(row.floor), row.ratio.map { "\($0.plain)x" } ?? "",
            row.target ?? "", row.met.map { $0 ? "yes" : "NO" } ?? "",
        ]
    }
}
