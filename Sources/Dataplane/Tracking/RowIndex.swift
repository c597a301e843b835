/// Finds rows of a table by the hashes of their keys: open addressing, half a machine word for a row and what of its hash has
/// room beside it.
///
/// The keys themselves are the table's, so that it stores them as compactly as it can. It tells the hash of a row where that
/// is needed whole.
struct RowIndex: Sendable {
    /// The row plus one below, which never takes more bits than a place; the upper bits of the hash above; 0 where there is
    /// none. As many as a power of two.
    private var slots: [UInt32] = []
    private var count = 0

    /// The row with this hash that `matches`.
    @inline(__always)
    func row(_ hash: UInt32, _ matches: (Int) -> Bool) -> Int? {
        withUnsafeSlots { $0.row(hash, matches) }
    }

    /// For many searches in a row.
    @inline(__always)
    func withUnsafeSlots<Result>(_ body: (Slots) -> Result) -> Result {
        slots.withUnsafeBufferPointer { body(Slots(slots: $0)) }
    }

    struct Slots {
        fileprivate let slots: UnsafeBufferPointer<UInt32>

        @inline(__always)
        func row(_ hash: UInt32, _ matches: (Int) -> Bool) -> Int? {
            guard !slots.isEmpty else { return nil }
            let mask = UInt32(truncatingIfNeeded: slots.count - 1)
            var place = hash & mask
            while slots[Int(place)] != 0 {
                let slot = slots[Int(place)]
                if (slot ^ hash) & ~mask == 0 {
                    let row = Int(slot & mask) - 1
                    if matches(row) { return row }
                }
                place = (place + 1) & mask
            }
            return nil
        }
    }

    /// Whether there is no room for so many more: then ``grow(for:_:)`` makes some.
    @inline(__always)
    func isFull(for more: Int) -> Bool { (count + more) * 4 > slots.count * 3 }

    /// - Parameter hash: Of a row that is in it.
    mutating func grow(for more: Int, _ hash: (Int) -> UInt32) {
        var size = max(8, slots.count)
        while (count + more) * 4 > size * 3 { size *= 2 }
        var larger = [UInt32](repeating: 0, count: size)
        let mask = UInt32(truncatingIfNeeded: slots.count - 1)
        for slot in slots where slot != 0 {
            let row = Int(slot & mask) - 1
            Self.insert(row, hash(row), into: &larger)
        }
        slots = larger
    }

    /// Adds a row that is not in it, and for which there is room. No row is beyond the most that ever were in it at once.
    mutating func insert(_ row: Int, _ hash: UInt32) {
        count += 1
        Self.insert(row, hash, into: &slots)
    }

    private static func insert(_ row: Int, _ hash: UInt32, into slots: inout [UInt32]) {
        slots.withUnsafeMutableBufferPointer { slots in
            let mask = UInt32(truncatingIfNeeded: slots.count - 1)
            var place = hash & mask
            while slots[Int(place)] != 0 { place = (place + 1) & mask }
            slots[Int(place)] = hash & ~mask | UInt32(truncatingIfNeeded: row + 1)
        }
    }

    /// Removes a row that is in it. What stands behind it moves up, so that no search ends at the gap.
    /// - Parameter hash: Of any row that is in it.
    mutating func remove(_ row: Int, _ hash: (Int) -> UInt32) {
        count -= 1
        slots.withUnsafeMutableBufferPointer { slots in
            let mask = UInt32(truncatingIfNeeded: slots.count - 1)
            var gap = hash(row) & mask
            while slots[Int(gap)] & mask != UInt32(truncatingIfNeeded: row + 1) { gap = (gap + 1) & mask }
            var place = (gap + 1) & mask
            while slots[Int(place)] != 0 {
                let home = hash(Int(slots[Int(place)] & mask) - 1) & mask
                // Whether its search passes the gap.
                if (place &- home) & mask >= (place &- gap) & mask {
                    slots[Int(gap)] = slots[Int(place)]
                    gap = place
                }
                place = (place + 1) & mask
            }
            slots[Int(gap)] = 0
        }
    }
}

/// How a row of a table stands.
struct RowState: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let wanted = RowState(rawValue: 1)
    /// In the kernel.
    static let present = RowState(rawValue: 2)
    /// Both, with different values.
    static let differs = RowState(rawValue: 4)
    /// In ``PendingRows``.
    static let listed = RowState(rawValue: 8)
    /// Read from the kernel in the present reading.
    static let seen = RowState(rawValue: 16)

    var isWanted: Bool { rawValue & 1 != 0 }
    var isPresent: Bool { rawValue & 2 != 0 }
    var isSettled: Bool { rawValue & 7 == 3 }
    /// Wanted or present, and not both alike.
    var isPending: Bool { rawValue & 3 != 0 && rawValue & 7 != 3 }
    /// Wanted, and absent or different in the kernel.
    var isUpdate: Bool { isWanted && !isSettled }
    /// In the kernel and not wanted.
    var isDeletion: Bool { rawValue & 3 == 2 }
}

/// The rows in which the kernel is not as wanted, without a search for them.
///
/// A row that settles stays listed until half of the list is such rows: taking it out at once would take its place.
struct PendingRows: Sendable {
    private(set) var rows: [UInt32] = []
    private(set) var count = 0

    private static let few = 64

    /// Takes over that a row's state has changed. Whoever calls then clears ``needsSweep``.
    @inline(__always)
    mutating func note(_ row: Int, from former: RowState, to state: inout RowState) {
        let (was, isNow) = (former.isPending, state.isPending)
        if was != isNow { count += isNow ? 1 : -1 }
        if isNow, !state.contains(.listed) {
            state.insert(.listed)
            rows.append(UInt32(row))
        }
    }

    @inline(__always)
    var needsSweep: Bool { rows.count > 2 * count + 64 || count == 0 && !rows.isEmpty }

    /// Lets go of rows that are pending no more, and of their marks.
    mutating func sweep(_ states: inout [RowState]) {
        var kept = 0
        for row in rows {
            if states[Int(row)].isPending {
                rows[kept] = row
                kept += 1
            } else {
                states[Int(row)].remove(.listed)
            }
        }
        // One endpoint's rows are listed again and again, thousands once.
        if kept == 0, rows.count > Self.few { rows = [] } else { rows.removeLast(rows.count - kept) }
    }
}
