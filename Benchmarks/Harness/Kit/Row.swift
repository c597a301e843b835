/// One line of the table: what Margay took beside what a peer and the kernel alone took in the same run.
///
/// `margay`, `peer` and `floor` are in `unit`. The floor is what the kernel takes for the same bytes, without anything of ours.
struct Row: Sendable {
    let measure: String
    let unit: String
    let margay: Double
    var peer: Double?
    /// What the peer is: `nft -f of the same objects`.
    var peerName: String?
    var floor: Double?
    /// What the target is about, where it is about a ratio.
    var ratio: Double?
    /// Whether that ratio is of something to Margay, and not of Margay to something.
    var moreIsBetter = false
    /// As docs/performance.md words it; `nil` where a figure is shown for information.
    var target: String?
    /// Whether the target is met; `nil` without one.
    var met: Bool?
    /// The curve that this is a point of, by its name, and with how many endpoints; for plots.
    var curve: (name: String, endpoints: Int)?

    init(_ measure: String, _ margay: Double, _ unit: String) {
        self.measure = measure
        self.margay = margay
        self.unit = unit
    }

    /// Beside a peer that does the same job.
    func beside(_ name: String, _ value: Double?) -> Row {
        var row = self
        (row.peer, row.peerName) = (value, name)
        return row
    }

    func above(floor value: Double?) -> Row {
        var row = self
        row.floor = value
        return row
    }

    /// Without a target: what Margay took, divided by `reference`, is told all the same.
    func ratio(to reference: Double) -> Row {
        var row = self
        row.ratio = margay / reference
        return row
    }

    /// Without a target: what `reference` took, divided by what Margay took.
    func ratio(below reference: Double) -> Row {
        var row = self
        (row.ratio, row.moreIsBetter) = (reference / margay, true)
        return row
    }

    func on(_ curve: String, _ endpoints: Int) -> Row {
        var row = self
        row.curve = (curve, endpoints)
        return row
    }

    /// Met when what Margay took, divided by `reference`, is at most this.
    func atMost(_ limit: Double, times reference: Double, _ name: String) -> Row {
        judged(margay / reference, "<= \(limit.plain)x \(name)", margay / reference <= limit)
    }

    /// Met when what `reference` took, divided by what Margay took, is at least this.
    func atLeast(_ limit: Double, timesBelow reference: Double, _ name: String) -> Row {
        var row = judged(reference / margay, ">= \(limit.plain)x below \(name)", reference / margay >= limit)
        row.moreIsBetter = true
        return row
    }

    /// Met when the figure itself is at most this.
    func atMost(_ limit: Double) -> Row {
        var row = self
        (row.target, row.met) = ("<= \(limit.plain) \(unit)", margay <= limit)
        return row
    }

    /// A ratio for information: there is no target.
    func noting(_ ratio: Double) -> Row {
        var row = self
        row.ratio = ratio
        return row
    }

    /// Met when this ratio, taken elsewhere, is at most the limit.
    func judged(_ ratio: Double, atMost limit: Double, _ name: String) -> Row {
        judged(ratio, "<= \(limit.plain)x \(name)", ratio <= limit)
    }

    private func judged(_ ratio: Double, _ target: String, _ met: Bool) -> Row {
        var row = self
        (row.ratio, row.target, row.met) = (ratio, target, met)
        return row
    }
}

extension Double {
    /// Three digits that count, no more.
    var plain: String {
        if self >= 1000 { return String(Int(rounded())) }
        var scale = 1.0
        while abs(self) * scale < 100, scale < 1000, self != 0 { scale *= 10 }
        let number = (self * scale).rounded() / scale
        return number == number.rounded() ? String(Int(number)) : String(number)
    }
}
