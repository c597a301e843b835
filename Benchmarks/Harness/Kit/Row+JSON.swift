extension [Row] {
    /// For machines: an array of objects, of which `measure`, `margay`, `peer`, `floor`, `ratio`, `target` and `met` are there in
    /// each, `null` where there is nothing to say; `Benchmarks/compare` and `Benchmarks/plot` read it.
    var json: String {
        let objects = map { row in
            let fields: [(String, String)] = [
                ("measure", row.measure.quoted), ("unit", row.unit.quoted), ("margay", String(row.margay)),
                ("peer", row.peer.json), ("peerName", row.peerName.json), ("floor", row.floor.json),
                ("ratio", row.ratio.json), ("target", row.target.json), ("met", row.met.map { "\($0)" } ?? "null"),
                ("moreIsBetter", "\(row.moreIsBetter)"), ("curve", (row.curve?.name).json),
                ("endpoints", row.curve.map { "\($0.endpoints)" } ?? "null"),
            ]
            return "  {" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }
}

extension String {
    fileprivate var quoted: String {
        "\""
            + unicodeScalars.map { scalar in
                if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
                guard scalar.value < 0x20 else { return "\(scalar)" }
                let digits = String(scalar.value, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined() + "\""
    }
}

extension Double? {
    fileprivate var json: String { map { String($0) } ?? "null" }
}

extension String? {
    fileprivate var json: String { map(\.quoted) ?? "null" }
}
