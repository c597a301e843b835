/// Metrics as a scraper reads them: OpenMetrics 1.0 (openmetrics.io, now RFC draft-richih-opsawg-openmetrics), or
/// Prometheus' older text format 0.0.4 for those who ask for nothing newer.
package enum MetricsFormat: Hashable, Sendable, CaseIterable {
    case openMetrics, prometheus

    package var contentType: String {
        switch self {
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        }
    }

    /// What an `Accept` header asks for (RFC 9110, 12.5.1): the older format only where plain text is preferred.
    package init(accept: String?) {
        var (openMetrics, plain) = (0.0, 0.0)
        for range in (accept ?? "").lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            switch parts.first {
            case "application/openmetrics-text": openMetrics = max(openMetrics, quality)
            case "text/plain": plain = max(plain, quality)
            default: break
            }
        }
        self = plain > openMetrics ? .prometheus : .openMetrics
    }
}

extension MetricsFormat {
    /// The document, its last line end included.
    package func text(of families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            header(of: family, &text)
            for sample in family.samples {
                write(sample, of: family, &text)
            }
        }
        return self == .openMetrics ? text + "# EOF\n" : text
    }

    private func header(of family: MetricFamily, _ text: inout String) {
        let name = self == .openMetrics ? family.name : family.name + family.kind.suffix
        text += "# TYPE \(name) \(type(family.kind))\n"
        if self == .openMetrics, let unit = family.unit {
            text += "# UNIT \(name) \(unit)\n"
        }
        text += "# HELP \(name) \(escaped(family.help, quotes: self == .openMetrics))\n"
    }

    private func type(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .gauge: "gauge"
        case .counter: "counter"
        case .bareCounter: self == .openMetrics ? "unknown" : "counter"
        case .histogram: "histogram"
        case .summary: "summary"
        case .info: self == .openMetrics ? "info" : "gauge"
        }
    }

    private func write(_ sample: MetricFamily.Sample, of family: MetricFamily, _ text: inout String) {
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        func line(_ suffix: String, _ value: String, _ more: String? = nil) {
            let all = labels + (more.map { [$0] } ?? [])
            text += family.name + suffix + (all.isEmpty ? "" : "{\(all.joined(separator: ","))}") + " \(value)\n"
        }
        switch sample.value {
        case .number(let number): line(family.kind.suffix, self.number(number))
        case .integer(let integer): line(family.kind.suffix, "\(integer)")
        case .summary(let count, let sum):
            line("_count", "\(count)")
            line("_sum", number(sum))
        case .histogram(let histogram):
            var sum: UInt64 = 0
            for (bound, count) in zip(histogram.upperBounds + [.infinity], histogram.counts) {
                sum += count
                line("_bucket", "\(sum)", "le=\"\(number(bound))\"")
            }
            line("_count", "\(sum)")
            line("_sum", number(histogram.sum))
        }
    }

    private func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        return "\(number)"
    }

    private func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }
}

extension MetricFamily.Kind {
    fileprivate var suffix: String {
        switch self {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .bareCounter, .histogram, .summary: ""
        }
    }
}
