import Agent
import Dataplane
import NetworkValues
import Status

/// An explanation as text. The first word is the verdict.
struct ExplainTable {
    private let explanation: Explanation
    private let text: TerminalText

    init(_ explanation: Explanation, text: TerminalText) {
        self.explanation = explanation
        self.text = text
    }

    /// - Parameter isWide: Whether the rules that the packet matched on its way are told too.
    func lines(isWide: Bool) -> [String] {
        let flow = "\(explanation.from.text) -> \(explanation.to.text), \(explanation.traffic)"
        var lines = [headline, "", flow.printable]
        if explanation.desired.destination != explanation.to.address {
            lines.append("translated to \(explanation.desired.destination)")
        }
        if let kernel = explanation.kernel, explanation.agrees == false {
            lines += ["", "In the kernel: \(kernel.verdict.rawValue)"] + findings(kernel, isWide)
            lines += ["", "As wanted: \(explanation.desired.verdict.rawValue)"]
            lines += findings(explanation.desired, isWide)
        } else {
            lines += findings(explanation.kernel ?? explanation.desired, isWide)
        }
        lines += explanation.notes.isEmpty ? [] : [""]
        return lines + explanation.notes.map { "note: \($0.printable)" }
    }

    private var headline: String {
        let verdict = text.emphasize(explanation.verdict.rawValue, explanation.verdict.emphasis)
        switch explanation.agrees {
        case true?: return "\(verdict)  (the kernel agrees with what is wanted)"
        case nil: return "\(verdict)  (by what is wanted; the kernel was not read)"
        case false?:
            let words = "the kernel DISAGREES with what is wanted: \(explanation.desired.verdict.rawValue)"
            return "\(verdict)  (\(text.emphasize(words, .bad)))"
        }
    }

    private func findings(_ side: Explanation.Side, _ isWide: Bool) -> [String] {
        side.findings.flatMap { finding in
            let verdict = finding.verdict.map { text.emphasize($0.rawValue, $0.emphasis) } ?? "-"
            var lines = ["", "\(finding.direction.rawValue) at \(finding.place.text.printable): \(verdict)"]
            func line(_ heading: String, _ content: String?) {
                guard let content else { return }
                lines.append("    \((heading + "       ").prefix(9))\(content.printable)")
            }
            line("Why", finding.why)
            line("Tier", finding.decision?.tier)
            if let decision = finding.decision {
                let isProfile = decision.kind == "Profile"
                line(
                    isProfile ? "Profile" : "Policy",
                    decision.name.map { isProfile ? $0 : "\(decision.kind ?? "") \($0)" })
                line(
                    "Rule",
                    decision.place.map { place in [place, decision.text].compactMap(\.self).joined(separator: " ") })
            }
            line("Counted", finding.decision?.countedWords)
            if isWide {
                for step in finding.path {
                    line("Path", "\(step.chain)[\(step.index)] \(step.rule)")
                }
            }
            return lines
        }
    }
}

extension Explanation.Verdict {
    fileprivate var emphasis: TerminalText.Emphasis {
        switch self {
        case .allow: .good
        case .deny: .bad
        case .unknown: .waiting
        }
    }
}

extension Explanation.Party {
    /// `default/web (10.65.0.2, cali1)`
    var text: String {
        let details = [address?.description, interface?.rawValue, node.map { "node \($0)" }].compactMap(\.self)
        switch kind {
        case .endpoint, .remote: return "\(name ?? "") (\(details.joined(separator: ", ")))"
        case .interface: return "interface \(interface?.rawValue ?? "")"
        case .host: return "this host (\(details.joined(separator: ", ")))"
        case .outside: return address?.description ?? ""
        }
    }
}
