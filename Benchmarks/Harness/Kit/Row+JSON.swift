extension [Row] {
    /// For machines: an array of objects, of which `measure`, `margay`, `peer`, `floor`, `ratio`, `target` and `met` are there in
    /// each, `null` where there is nothing to say.
    var json: String {
        let objects = map { row in
            let fields: [(String, String)] = [
                ("measure", row.measure.quoted), ("unit", row.unit.quoted), ("margay", String(row.margay)),
                ("peer", row.peer.json), ("peerName", row.peerName.json), ("floor", row.floor.json),
                ("ratio", row.ratio.json), ("target", row.target.json), ("met", row.met.map { "\($0)" } ?? "null"),
            ]
            return "  {" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }
}

extension String {
    fileprivate var quoted: String {
        "\"" + unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}

extension Double? {
    fileprivate var json: String { map { String($0) } ?? "null" }
}

extension String? {
    fileprivate var json: String { map(\.quoted) ?? "null" }
}
