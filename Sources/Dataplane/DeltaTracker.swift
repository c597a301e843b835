/// What is wanted and what is there, per key, and where the two differ.
///
/// A value that is wanted *and* there is held once. Every operation costs what it touches, never the whole: the
/// pending keys are kept, not searched for.
package struct DeltaTracker<Key: Hashable & Sendable, Value: Hashable & Sendable>: ObjectTracker {
    private struct Row: Sendable {
        var key: Key
        /// The wanted value, else the one that is there.
        var value: Value?
    }

    private var index = RowIndex()
    private var rows: [Row] = []
    /// By row: keys are dear to hash.
    private var hashes: [UInt32] = []
    private var states: [RowState] = []
    /// What is there where something else is wanted.
    private var others: [Int: Value] = [:]
    /// Rows to be used again.
    private var free: [UInt32] = []
    private var pending = PendingRows()
    private let isMarked: (@Sendable (Value) -> Bool)?
    private var everMarked: Set<Key> = []
    package private(set) var desiredCount = 0
    package private(set) var actualCount = 0

    package init() { isMarked = nil }

    /// - Parameter isMarked: Which values ``markedKeys`` is about.
    init(marking isMarked: @escaping @Sendable (Value) -> Bool) { self.isMarked = isMarked }

    /// The keys of which a marked value is wanted or there, and perhaps others. They should be few.
    var markedKeys: Set<Key> { everMarked }

    private static func hash(_ key: Key) -> UInt32 { UInt32(truncatingIfNeeded: key.hashValue) }

    private func row(_ key: Key) -> Int? { index.row(Self.hash(key)) { rows[$0].key == key } }

    private func desired(at row: Int) -> Value? { states[row].isWanted ? rows[row].value : nil }

    private func actual(at row: Int) -> Value? {
        guard states[row].isPresent else { return nil }
        return states[row].contains(.differs) ? others[row] : rows[row].value
    }

    package func desired(_ key: Key) -> Value? { row(key).flatMap { desired(at: $0) } }

    package func actual(_ key: Key) -> Value? { row(key).flatMap { actual(at: $0) } }

    package func isWanted(_ key: Key) -> Bool { row(key).map { states[$0].isWanted } ?? false }

    /// Whether the key is wanted and was last seen in the kernel with the wanted value.
    package func isSettled(_ key: Key) -> Bool { row(key).map { states[$0].isSettled } ?? false }

    package var hasPending: Bool { pending.count > 0 }

    package var pendingCount: Int { pending.count }

    /// Wanted keys that are absent or different in the kernel, with the wanted value.
    package var pendingUpdates: [Key: Value] {
        var updates: [Key: Value] = [:]
        for row in pending.rows where states[Int(row)].isUpdate { updates[rows[Int(row)].key] = rows[Int(row)].value }
        return updates
    }

    /// ``pendingUpdates`` as a list.
    package var updates: [(key: Key, value: Value)] {
        pending.rows.compactMap { row in
            let row = Int(row)
            guard states[row].isUpdate, let value = rows[row].value else { return nil }
            return (rows[row].key, value)
        }
    }

    /// Keys in the kernel that nobody wants, with the value they have there.
    package var pendingDeletions: some Sequence<(key: Key, value: Value)> {
        pending.rows.lazy.filter { states[Int($0)].isDeletion }.compactMap { row in
            let row = rows[Int(row)]
            return row.value.map { (key: row.key, value: $0) }
        }
    }

    /// Calls `body` with what is pending and in such a state, in the order of `number`, and where that is the same of
    /// `precedes`. Numbers and rows are sorted, which are a fraction of the keys.
    func visitPending(
        where matches: (RowState) -> Bool, by number: (Key) -> UInt128, then precedes: (Key, Key) -> Bool,
        _ body: (Key, Value) -> Void
    ) {
        guard hasPending else { return }
        // Of the tracker the rows alone: to capture all of it is to copy all of it.
        let rows = rows
        var places: [(number: UInt128, row: UInt32)] = []
        places.reserveCapacity(pending.count)
        for row in pending.rows where matches(states[Int(row)]) {
            places.append((number(rows[Int(row)].key), row))
        }
        places.sort { left, right in
            left.number == right.number
                ? precedes(rows[Int(left.row)].key, rows[Int(right.row)].key) : left.number < right.number
        }
        for place in places {
            let row = rows[Int(place.row)]
            if let value = row.value { body(row.key, value) }
        }
    }

    package var desiredKeys: some Sequence<Key> {
        states.indices.lazy.filter { states[$0].isWanted }.map { rows[$0].key }
    }

    package var actualKeys: some Sequence<Key> {
        states.indices.lazy.filter { states[$0].isPresent }.map { rows[$0].key }
    }

    package mutating func setDesired(_ value: Value?, for key: Key) {
        let hash = Self.hash(key)
        let row = index.row(hash) { rows[$0].key == key }
        settle(key, hash, row, desired: value, actual: row.flatMap { actual(at: $0) })
    }

    package mutating func setActual(_ value: Value?, for key: Key) {
        let hash = Self.hash(key)
        let row = index.row(hash) { rows[$0].key == key }
        settle(key, hash, row, desired: row.flatMap { desired(at: $0) }, actual: value)
    }

    private mutating func settle(_ key: Key, _ hash: UInt32, _ found: Int?, desired: Value?, actual: Value?) {
        guard let row = found ?? (desired == nil && actual == nil ? nil : add(key, hash)) else { return }
        if let isMarked, desired.map(isMarked) == true || actual.map(isMarked) == true { everMarked.insert(key) }
        let former = states[row]
        var state = former.intersection(.listed)
        if desired != nil { state.insert(.wanted) }
        if actual != nil { state.insert(.present) }
        if let desired, let actual, desired != actual {
            state.insert(.differs)
            others[row] = actual
        } else if former.contains(.differs) {
            others[row] = nil
        }
        rows[row].value = desired ?? actual
        desiredCount += (state.isWanted ? 1 : 0) - (former.isWanted ? 1 : 0)
        actualCount += (state.isPresent ? 1 : 0) - (former.isPresent ? 1 : 0)
        pending.note(row, from: former, to: &state)
        states[row] = state
        if !state.isWanted, !state.isPresent {
            let hashes = hashes
            index.remove(row) { hashes[$0] }
            if isMarked != nil { everMarked.remove(key) }
            free.append(UInt32(row))
        }
        if pending.needsSweep { pending.sweep(&states) }
    }

    private mutating func add(_ key: Key, _ hash: UInt32) -> Int {
        let row: Int
        if let used = free.popLast() {
            row = Int(used)
            rows[row].key = key
            hashes[row] = hash
        } else {
            row = rows.count
            rows.append(Row(key: key, value: nil))
            hashes.append(hash)
            states.append([])
        }
        if index.isFull(for: 1) {
            let hashes = hashes
            index.grow(for: 1) { hashes[$0] }
        }
        index.insert(row, hash)
        return row
    }
}

/// The value of what has none beside its key.
package struct Present: Hashable, Sendable {}
