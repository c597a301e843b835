import Resources

/// The candidate that `text` was most likely meant to be, if any is near enough to be worth naming: at most a third
/// of its characters mistyped, or the same but for upper and lower case.
func nearest(to text: String, among candidates: [String]) -> String? {
    let lowercased = text.lowercased()
    return
        candidates
        .map { (candidate: $0, distance: editDistance(lowercased, $0.lowercased())) }
        .filter { $0.distance <= max(1, $0.candidate.count / 3) }
        .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
        .candidate
}
