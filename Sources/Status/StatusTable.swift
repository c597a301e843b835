package import SystemCalls

/// Writes a ``StatusReport`` for people. Pure: the same report gives the same text at the same moment.
package struct StatusTable: Sendable {
    let report: StatusReport
    let now: Timestamp
    let text: TerminalText
    let width: Int

    /// - Parameters:
    ///   - now: For the age of rows that are not new.
    ///   - width: The columns that ``table()`` and ``wide()`` keep to; at least 60.
    package init(_ report: StatusReport, now: Timestamp = .now, text: TerminalText = .plain, width: Int = 80) {
        self.report = report
        self.now = now
        self.text = text
        self.width = max(60, width)
    }

    /// The state of agent, source and dataplane, what was rejected, and a row per endpoint, those with a problem first
    /// and with its reason.
    package func table() -> String {
        joined([header(), rejected(), endpoints()])
    }

    /// The same with every address, translation, profile and counter, several lines per endpoint, all policies, and the
    /// latest repairs. Nothing is cut short.
    package func wide() -> String {
        joined([header(isWide: true), rejected()] + wideEndpoints() + [policies(), repairs()])
    }

    /// One line: `node1: degraded: 2 of 3 endpoints up, 1 rejected resource, source in sync, dataplane applied`.
    package func brief() -> String { StatusBrief(report).line(text, rowAge: rowAge) }

    private func joined(_ sections: [[String]]) -> String {
        sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private func header(isWide: Bool = false) -> [String] {
        let agent = report.agent
        let source = report.source
        let dataplane = report.dataplane
        let age = source.state == .inSync ? "" : " for \(Int(withinReach: source.ageSeconds)) s"
        let reconnects = source.reconnects == 0 ? "" : ", \(counted(source.reconnects, "reconnect"))"
        var applies = [
            counted(dataplane.applies, "apply", plural: "applies"), counted(dataplane.failures, "failure"),
            counted(dataplane.repairs, "repair"),
        ]
        if let seconds = dataplane.lastApplySeconds {
            applies.append("last took \(milliseconds(seconds)) ms")
        }
        return line("Node", nil, report.node)
            + line(
                "Agent", (report.ready ? "ready" : "not ready", report.ready ? .good : .waiting),
                "margay \(agent.version), pid \(agent.pid), since \(agent.startedAt)")
            + line(
                "Source", (source.state.words + age, source.state == .inSync ? .good : .bad),
                "\(source.kind) \(source.location)\(reconnects)")
            + sourceError(isWide: isWide)
            + line(
                "Dataplane", (dataplane.state.rawValue, dataplane.state == .applied ? .good : .bad),
                applies.joined(separator: ", "))
            + dataplane.notices.flatMap { $0.wrapped(to: width, indent: Self.indent) }
            + line("Endpoints", nil, endpointSummary())
            + (policySummary().map { line("Policies", nil, $0) } ?? [])
    }

    /// Why the source is out of reach, or in the wide table why it last was.
    private func sourceError(isWide: Bool) -> [String] {
        guard let failure = report.source.lastError, isWide || report.source.state != .inSync else { return [] }
        return "last error at \(failure.at): \(failure.message)".wrapped(to: width, indent: Self.indent)
    }

    private static let indent = String(repeating: " ", count: 11)

    /// A line such as `Source     in sync: directory /etc/margay/resources.d`, continued under its text when it does
    /// not fit.
    private func line(
        _ label: String, _ state: (words: String, emphasis: TerminalText.Emphasis)?, _ rest: String
    ) -> [String] {
        let indent = Self.indent
        let words = (state.map { "\($0.words): " } ?? "") + rest
        var lines = words.wrapped(to: width, indent: indent)
        guard let first = lines.first else { return [] }
        let shown = first.dropFirst(indent.count)
        let stateCount = state?.words.count ?? 0
        lines[0] =
            text.emphasize(label, .heading) + indent.dropFirst(label.count)
            + text.emphasize(String(shown.prefix(stateCount)), state?.emphasis) + shown.dropFirst(stateCount)
        return lines
    }

    private func endpointSummary() -> String {
        let counts = StatusReport.Endpoint.State.allCases.compactMap { state in
            let count = report.endpoints.count { $0.state == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        let rowAge = rowAge.map { " (\($0))" } ?? ""
        return (counts.isEmpty ? "none on this node" : counts.joined(separator: ", ")) + rowAge
    }

    /// `as of 3 s ago, an apply is under way`; `nil` when the rows were judged for this report.
    private var rowAge: String? {
        report.asOf.map { time in
            let seconds = max(0, now.millisecondsSinceEpoch - time.millisecondsSinceEpoch) / 1000
            return "as of \(seconds) s ago" + (report.dataplane.state == .applying ? ", an apply is under way" : "")
        }
    }
}

func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// Milliseconds with one digit below ten and none above.
func milliseconds(_ seconds: Double) -> String {
    let tenths = Int(withinReach: (seconds * 10_000).rounded())
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
}

extension Int {
    /// The number without its fraction; what no integer of 52 bits reaches is the largest that one does. A report comes
    /// from whoever answers.
    fileprivate init(withinReach number: Double) {
        self = Int(Swift.min(Swift.max(number, -0x1p52), 0x1p52))
    }
}

extension StatusReport.Source.State {
    /// As a person says it.
    var words: String {
        self == .inSync ? "in sync" : rawValue
    }
}
