/// `; did you mean "ipNetworks"?`, or nothing when no known name is close.
func suggestion<Name: FieldName>(for name: String, among known: [Name]) -> String {
    let wanted = name.lowercased()
    guard (3...40).contains(wanted.utf8.count) else { return "" }
    // Who writes thousands of unknown fields must not be compared with everything at length.
    let close = known.filter { abs($0.rawValue.utf8.count - wanted.utf8.count) <= 2 }
        .map { ($0.rawValue, editDistance(wanted, $0.rawValue.lowercased())) }
        .filter { $0.1 <= 2 && $0.1 < wanted.utf8.count / 2 }
        .min { $0.1 < $1.1 }
    return close.map { "; did you mean \"\($0.0)\"?" } ?? ""
}

/// How many bytes must be inserted, removed or replaced to get from one text to the other (Levenshtein).
package func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, a) in left.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let replaced = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
