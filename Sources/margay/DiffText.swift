import Agent
import Status

/// A difference as text: a heading per kind, a line per object, its details below it, a summary.
struct DiffText {
    let lines: [String]

    init(_ diff: DataplaneDiff, text: TerminalText) {
        guard !diff.isEmpty else {
            lines = ["no difference: the kernel is as wanted"]
            return
        }
        var lines: [String] = []
        for section in diff.sections {
            lines.append(text.emphasize(section.title, .heading))
            for entry in section.entries {
                lines.append(text.emphasize("\(entry.sign.rawValue) \(entry.object.printable)", entry.sign.emphasis))
                lines += entry.details.map {
                    text.emphasize("    \($0.sign.rawValue) \($0.text.printable)", $0.sign.emphasis)
                }
            }
        }
        let counts = [
            (diff.count(.missing), "missing"), (diff.count(.unwanted), "unwanted"), (diff.count(.altered), "altered"),
        ]
        let total = counts.reduce(0) { $0 + $1.0 }
        let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        self.lines = lines + ["\(total) \(total == 1 ? "difference" : "differences"): \(parts)"]
    }
}

extension DataplaneDiff.Sign {
    fileprivate var emphasis: TerminalText.Emphasis {
        switch self {
        case .missing: .good
        case .unwanted: .bad
        case .altered: .waiting
        }
    }
}
