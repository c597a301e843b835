import Dataplane

/// Recognises that somebody undoes what is repaired, again and again, and says when to repair it next.
///
/// Two programs that each put right what the other does would otherwise keep the machine busy with nothing else, and
/// neither would get its way. Only the object in dispute waits: whatever else is found changed is put right at once.
struct RepairContention {
    enum Verdict: Hashable, Sendable {
        case repair
        /// All that is found changed is in dispute.
        case wait(until: ContinuousClock.Instant)
    }

    /// An object in dispute.
    struct Dispute: Hashable, Sendable {
        let object: ObjectID
        /// Who was last seen at it, if the kernel tells.
        let writer: String?
        /// How long it waits between two repairs.
        let delay: Duration
    }

    /// So many changes of one object within ``window`` are a dispute.
    static let limit = 5
    static let window = Duration.seconds(10)
    static let longestDelay = Duration.seconds(30)
    /// What has been left alone so long is in dispute no more.
    static let calm = Duration.seconds(60)

    private struct Record {
        var changes: [ContinuousClock.Instant] = []
        var writer: String?
        var delay: Duration?
        var nextRepair: ContinuousClock.Instant?
    }

    private var records: [ObjectID: Record] = [:]

    /// Takes what was found changed by somebody else.
    /// - Returns: What to do about it, and the disputes that this has begun.
    mutating func judge(
        _ drift: [Drift], by writer: String?, at now: ContinuousClock.Instant = .now
    ) -> (verdict: Verdict, begun: [Dispute]) {
        forget(before: now - Self.calm)
        var begun: [Dispute] = []
        var waits: [ContinuousClock.Instant] = []
        for item in drift {
            var record = records[item.object] ?? Record()
            record.changes = record.changes.suffix(Self.limit - 1) + [now]
            record.writer = writer ?? record.writer
            if let next = record.nextRepair, now < next {
                waits.append(next)
            } else if let first = record.changes.first, record.changes.count >= Self.limit,
                record.delay != nil || now - first < Self.window
            {
                let delay = min((record.delay ?? .milliseconds(500)) * 2, Self.longestDelay)
                if record.delay == nil {
                    begun.append(Dispute(object: item.object, writer: record.writer, delay: delay))
                }
                record.delay = delay
                record.nextRepair = now + delay
                waits.append(now + delay)
            }
            records[item.object] = record
        }
        let next = waits.min()
        return (next.map { waits.count == drift.count ? .wait(until: $0) : .repair } ?? .repair, begun)
    }

    /// The present disputes.
    func disputes(at now: ContinuousClock.Instant = .now) -> [Dispute] {
        records.compactMap { object, record in
            guard let delay = record.delay, let latest = record.changes.last, latest > now - Self.calm else {
                return nil
            }
            return Dispute(object: object, writer: record.writer, delay: delay)
        }
    }

    private mutating func forget(before limit: ContinuousClock.Instant) {
        records = records.filter { $0.value.changes.last.map { $0 > limit } ?? false }
    }
}
