extension StatusTable {
    /// Everything about each endpoint, several lines for each, those with a problem first; nothing is cut.
    func wideEndpoints() -> [[String]] {
        sortedEndpoints.map { endpoint in
            let counters = endpoint.counters
            let drops = counters.drops.byReason.filter { $0.count > 0 }.map { "\($0.reason) \($0.count)" }
            return heading(endpoint)
                + endpoint.reason.wrapped(to: width, indent: "    ")
                + field("Workload", [endpoint.workload ?? "", parenthesized(endpoint.orchestrator)], " ")
                + field("MAC filter", [endpoint.macFilter.state.rawValue, endpoint.macFilter.mac ?? ""], " ")
                + field("Networks", endpoint.networks.map { $0.cidr + noted($0.state) })
                + field("NATs", endpoint.nats.map { "\($0.externalIP) -> \($0.internalIP)" + noted($0.state) })
                + field("Profiles", endpoint.profiles) + field("Policies", endpoint.policies)
                + field("To", [words(counters.toWorkload)]) + field("From", [words(counters.fromWorkload)])
                + field("Drops", drops) + field("Programmed", [programmed(endpoint)])
        }
    }

    /// Name, interface and state; on two lines when one is too short.
    private func heading(_ endpoint: StatusReport.Endpoint) -> [String] {
        let name = endpoint.qualifiedName.printable
        let state = text.emphasize(endpoint.state.rawValue, endpoint.state.emphasis)
        let rest = "\(endpoint.interfaceName.printable)  "
        if name.count + 2 + rest.count + endpoint.state.rawValue.count <= width {
            return [text.emphasize(name, .heading) + "  " + rest + state]
        }
        return name.wrapped(to: width, indent: "").map { text.emphasize($0, .heading) } + ["    " + rest + state]
    }

    /// A line such as `    Networks    10.65.0.2/32, 10.65.0.3/32`, continued under its text; `-` for nothing.
    private func field(_ label: String, _ items: [String], _ separator: String = ", ") -> [String] {
        let indent = String(repeating: " ", count: 16)
        let words = items.filter { !$0.isEmpty }.joined(separator: separator)
        var lines = (words.isEmpty ? "-" : words).wrapped(to: width, indent: indent)
        if let first = lines.first {
            lines[0] = "    " + label + first.dropFirst(4 + label.count)
        }
        return lines
    }

    private func words(_ traffic: StatusReport.Endpoint.Traffic) -> String {
        "\(traffic.packets) \(traffic.packets == 1 ? "packet" : "packets"), \(traffic.bytes) bytes"
    }

    private func programmed(_ endpoint: StatusReport.Endpoint) -> String {
        guard let time = endpoint.programmedAt else { return "" }
        return "\(time)" + (endpoint.programmingSeconds.map { " after \(milliseconds($0)) ms" } ?? "")
    }

    private func parenthesized(_ words: String?) -> String {
        words.map { $0.isEmpty ? "" : "(\($0))" } ?? ""
    }

    private func noted(_ progress: StatusReport.Endpoint.Progress) -> String {
        progress == .programmed ? "" : " (\(progress.rawValue))"
    }
}
