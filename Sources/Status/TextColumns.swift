/// Rows of text under headings, padded to common widths.
package struct TextColumns {
    /// One heading and how it behaves when the table is too wide.
    package struct Column {
        var heading: String
        var isNumber: Bool
        /// Whether its longest texts may be cut short.
        var mayShrink: Bool

        package init(heading: String, isNumber: Bool = false, mayShrink: Bool = false) {
            self.heading = heading
            self.isNumber = isNumber
            self.mayShrink = mayShrink
        }
    }

    /// One text and how it is set off on a terminal.
    package struct Cell {
        var text: String
        var emphasis: TerminalText.Emphasis?

        package init(_ text: String, _ emphasis: TerminalText.Emphasis? = nil) {
            self.text = text.printable
            self.emphasis = emphasis
        }
    }

    let columns: [Column]

    package init(columns: [Column]) {
        self.columns = columns
    }

    /// The lines, the headings first; what follows a row stands under it as it is.
    /// - Parameter width: Where columns that may shrink are cut; `nil` for no limit.
    package func lines(_ rows: [(cells: [Cell], below: [String])], width: Int?, text: TerminalText) -> [String] {
        let widths = fittingWidths(rows.map(\.cells), width: width)
        let headings = columns.map { Cell($0.heading, .heading) }
        return [line(headings, widths, text)] + rows.flatMap { [line($0.cells, widths, text)] + $0.below }
    }

    private func fittingWidths(_ rows: [[Cell]], width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            max(columns[index].heading.count, rows.map { $0[index].text.count }.max() ?? 0)
        }
        let gaps = 2 * (columns.count - 1)
        while let width, widths.reduce(gaps, +) > width {
            let shrinking = columns.indices.filter {
                columns[$0].mayShrink && widths[$0] > columns[$0].heading.count
            }
            guard let widest = shrinking.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ text: TerminalText) -> String {
        var result = ""
        for (index, cell) in cells.enumerated() {
            let shown = cell.text.shortened(to: widths[index])
            let blanks = String(repeating: " ", count: widths[index] - shown.count)
            let emphasized = text.emphasize(shown, cell.emphasis)
            result += columns[index].isNumber ? blanks + emphasized : emphasized + blanks
            if index < cells.count - 1 {
                result += "  "
            }
        }
        while result.last == " " {
            result.removeLast()
        }
        return result
    }
}

extension String {
    /// The text itself, or its beginning and `…` when it is longer than `width` characters.
    func shortened(to width: Int) -> String {
        count <= width ? self : prefix(max(0, width - 1)) + "…"
    }

    /// The text in lines of at most `width` characters, each after `indent`; broken at blanks, and inside a word only
    /// when the word alone is too long.
    package func wrapped(to width: Int, indent: String) -> [String] {
        let room = max(1, width - indent.count)
        var lines: [String] = []
        var line = ""
        for word in split(whereSeparator: \.isWhitespace) {
            var rest = String(word).printable[...]
            if !line.isEmpty, line.count + 1 + rest.count <= room {
                line += " " + rest
                continue
            }
            if !line.isEmpty {
                lines.append(line)
            }
            while rest.count > room {
                lines.append(String(rest.prefix(room)))
                rest = rest.dropFirst(room)
            }
            line = String(rest)
        }
        return (lines + (line.isEmpty ? [] : [line])).map { indent + $0 }
    }
}
