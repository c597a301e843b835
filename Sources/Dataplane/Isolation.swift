/// Finds whom the kernel refuses a transaction for, by asking it about parts.
package enum Isolation {
    /// - Parameters:
    ///   - suspects: Each before those that lead to what it brings.
    ///   - trials: How often to ask, at most. Suspects that it did not come to by then count as culprits.
    ///   - refusal: What the kernel says against the change without these suspects; `nil` when it would take it.
    /// - Returns: Without whom the kernel takes the change, with what it says against each; `nil` when it refuses what
    ///   remains without any of them.
    package static func culprits<Suspect: Hashable>(
        among suspects: [Suspect], trials: Int, refusal: (Set<Suspect>) -> String?
    ) -> [Suspect: String]? {
        var leftOut = Set(suspects)
        guard refusal(leftOut) == nil else { return nil }
        var asked = 1
        var culprits: [Suspect: String] = [:]
        var parts = suspects.isEmpty ? [] : [suspects[...]]
        while let part = parts.popLast() {
            guard asked < trials else {
                for suspect in part { culprits[suspect] = "not tried: the kernel refuses too much at once" }
                continue
            }
            asked += 1
            // What was taken so far stays in, so that two that are refused together only are told apart as well.
            leftOut.subtract(part)
            guard let words = refusal(leftOut) else { continue }
            leftOut.formUnion(part)
            if part.count == 1 {
                culprits[part[part.startIndex]] = words
            } else {
                let middle = part.startIndex + part.count / 2
                parts.append(part[middle...])
                parts.append(part[..<middle])
            }
        }
        return culprits
    }
}
