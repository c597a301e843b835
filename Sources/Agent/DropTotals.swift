import DataplaneLinux

/// Drops of all interfaces together, by reason, since the first reading.
///
/// The kernel's counters go with their elements: when an endpoint goes, its count would be missing from a plain sum.
/// They also outlive an agent, without those of endpoints that went: a sum that started with them would be lower after
/// a restart and read as so many new drops. So what each reading shows beyond the one before is added up. What was
/// counted between the last reading and the end of an endpoint is lost.
struct DropTotals: Sendable {
    /// By interface, as last read; `nil` before the first reading.
    private var last: [String: [DropReason: UInt64]]?
    private(set) var totals: [DropReason: UInt64] = [:]

    /// - Parameter drops: By interface, those that are not there now left out.
    mutating func take(_ drops: [String: [DropReason: UInt64]]) {
        if let last {
            for (interface, counts) in drops {
                for (reason, count) in counts {
                    let before = last[interface]?[reason] ?? 0
                    // Less than before: the elements were made anew, and have counted from zero.
                    totals[reason, default: 0] += count >= before ? count - before : count
                }
            }
        }
        last = drops
    }
}
