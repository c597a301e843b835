/// Finds rows of a table by the hashes of their keys: open addressing, half a machine word for the hash and half for the row.
///
/// The keys themselves are the table's, so that it stores them as compactly as it can.
struct RowIndex: Sendable {
    /// The hash above, the row plus one below; 0 where there is none. As many as a power of two.
    private var slots: [UInt64] = []
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
        fileprivate let slots: UnsafeBufferPointer<UInt64>

        @inline(__always)
        func row(_ hash: UInt32, _ matches: (Int) -> Bool) -> Int? {
            guard !slots.isEmpty else { return nil }
            let mask = slots.count - 1
            var place = Int(hash) & mask
            while slots[place] != 0 {
                let slot = slots[place]
                if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                    let row = Int(UInt32(truncatingIfNeeded: slot)) - 1
                    if matches(row) { return row }
                }
                place = (place + 1) & mask
            }
            return nil
        }
    }

    /// Adds a row that is not in it.
    mutating func insert(_ row: Int, _ hash: UInt32) {
        reserve(1)
        count += 1
        Self.insert(UInt64(hash) << 32 | UInt64(row + 1), into: &slots)
    }

    /// Makes room for so many more.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if (count + more) * 4 > slots.count * 3 { grow(for: more) }
    }

    private mutating func grow(for more: Int) {
        var size = max(8, slots.count)
        while (count + more) * 4 > size * 3 { size *= 2 }
        var larger = [UInt64](repeating: 0, count: size)
        for slot in slots where slot != 0 { Self.insert(slot, into: &larger) }
        slots = larger
    }

    private static func insert(_ slot: UInt64, into slots: inout [UInt64]) {
        slots.withUnsafeMutableBufferPointer { slots in
            let mask = slots.count - 1
            var place = Int(slot >> 32) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = slot
        }
    }

    /// Removes a row that is in it. What stands behind it moves up, so that no search ends at the gap.
    mutating func remove(_ row: Int, _ hash: UInt32) {
        count -= 1
        slots.withUnsafeMutableBufferPointer { slots in
            let mask = slots.count - 1
            let sought = UInt64(hash) << 32 | UInt64(row + 1)
            var gap = Int(hash) & mask
            while slots[gap] != sought { gap = (gap + 1) & mask }
            var place = (gap + 1) & mask
            while slots[place] != 0 {
                let home = Int(slots[place] >> 32) & mask
                // Whether its search passes the gap.
                if (place - home) & mask >= (place - gap) & mask {
                    slots[gap] = slots[place]
                    gap = place
                }
                place = (place + 1) & mask
            }
            slots[gap] = 0
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
        if kept == 0 { rows = [] } else { rows.removeLast(rows.count - kept) }
    }
}
