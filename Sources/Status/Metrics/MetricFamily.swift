/// A metric with all its samples, as OpenMetrics 1.0 calls it.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case gauge
        /// Its samples end with `_total`.
        case counter
        /// A counter whose samples bear the family's own name, as Felix's do. OpenMetrics knows no such counter, so it is
        /// of unknown type there.
        case bareCounter
        case histogram
        case summary
        /// Labels of the one thing that there is; its sample ends with `_info`.
        case info
    }

    package enum Value: Hashable, Sendable {
        case number(Double)
        case integer(UInt64)
        case histogram(Histogram)
        case summary(count: UInt64, sum: Double)
    }

    package struct Sample: Hashable, Sendable {
        package struct Label: Hashable, Sendable {
            package let name: String
            package let value: String
        }

        package let labels: [Label]
        package let value: Value
    }

    /// Without `_total` and `_info`; ends with the unit, if there is one.
    package let name: String
    package let kind: Kind
    /// `seconds` or `bytes`.
    package let unit: String?
    package let help: String
    package let samples: [Sample]

    private init(_ name: String, _ kind: Kind, _ help: String, unit: String?, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.samples = samples
    }

    /// A family of one sample without labels.
    package init(_ name: String, _ kind: Kind, _ help: String, unit: String? = nil, _ value: Value) {
        self.init(name, kind, help, unit: unit, [Sample(labels: [], value: value)])
    }

    /// A family of one sample for each value of a label, in their order.
    package init(
        _ name: String, _ kind: Kind, _ help: String, unit: String? = nil, by label: String,
        _ values: [(label: String, value: Value)]
    ) {
        self.init(
            name, kind, help, unit: unit,
            values.map { Sample(labels: [.init(name: label, value: $0.label)], value: $0.value) })
    }
}

extension MetricFamily.Value {
    package static func flag(_ isSo: Bool) -> Self { .integer(isSo ? 1 : 0) }

    package static func count(_ count: Int) -> Self { .integer(UInt64(clamping: count)) }
}
