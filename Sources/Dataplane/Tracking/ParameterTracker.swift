import NetworkValues

/// Kernel parameters: wanted, there, and where the two differ.
///
/// What ``DeltaTracker`` is for anything, with a row for each interface instead of seven: nearly all are an interface's, and
/// are 0 or 1.
package struct ParameterTracker: ObjectTracker {
    private struct Row: Sendable {
        var name: InterfaceName
        var wanted = Switches()
        var present = Switches()
        /// Those that are among ``others``.
        var odd: UInt16 = 0

        var updates: UInt16 { wanted.known & ~wanted.agreement(with: present) }
        var deletions: UInt16 { present.known & ~wanted.known }
        var isUnused: Bool { (wanted.known | present.known | odd) == 0 }
        /// In words of ``PendingRows``.
        var state: RowState { updates | deletions == 0 ? [.wanted, .present] : .wanted }
    }

    private var index = RowIndex()
    private var rows: [Row] = []
    private var states: [RowState] = []
    /// Rows to be used again.
    private var free: [UInt32] = []
    private var pending = PendingRows()
    /// How many of the rows' parameters are there.
    private var presentCount = 0
    /// Those of no interface, and those of which another value than 0 and 1 is wanted or there.
    private var others = DeltaTracker<SysctlID, String>()

    package init() {}

    package var hasPending: Bool { pending.count > 0 || others.hasPending }

    package var actualCount: Int { presentCount + others.actualCount }

    package func desired(_ id: SysctlID) -> String? { values(of: id).desired }

    package func actual(_ id: SysctlID) -> String? { values(of: id).actual }

    package func isSettled(_ id: SysctlID) -> Bool {
        let (desired, actual) = values(of: id)
        return desired != nil && desired == actual
    }

    package var desiredKeys: [SysctlID] { keys { $0.wanted.known } + others.desiredKeys }

    package var actualKeys: [SysctlID] { keys { $0.present.known } + others.actualKeys }

    package var pendingUpdates: [SysctlID: String] {
        updates.reduce(into: [:]) { $0[$1.id] = $1.value }
    }

    package var pendingDeletions: [(key: SysctlID, value: String)] {
        var deletions = Array(others.pendingDeletions)
        for id in keys({ $0.deletions }) {
            if let value = actual(id) { deletions.append((id, value)) }
        }
        return deletions
    }

    /// Wanted ones that are absent or different in the kernel, in their order, with the wanted value.
    package var updates: ParameterUpdates {
        ParameterUpdates(
            pending.rows.map { rows[Int($0)] }.filter { $0.updates != 0 }
                .map { ParameterUpdates.Row(name: $0.name, wanted: $0.wanted, slots: $0.updates) },
            others: others.updates.map { ParameterUpdates.Update(id: $0.key, value: $0.value) })
    }

    // MARK: Changes

    package mutating func setDesired(_ value: String?, for id: SysctlID) {
        set(id, desired: value, actual: actual(id))
    }

    package mutating func setActual(_ value: String?, for id: SysctlID) {
        set(id, desired: desired(id), actual: value)
    }

    private mutating func set(_ id: SysctlID, desired: String?, actual: String?) {
        guard case .interface(let name, let family, let key) = id else {
            others.setDesired(desired, for: id)
            return others.setActual(actual, for: id)
        }
        let slot = ParameterSlot.number(family, key)
        let isOdd = [desired, actual].contains { $0 != nil && Self.switch($0) == nil }
        let wasOdd = row(name).map { rows[$0].odd & 1 << slot != 0 } ?? false
        if isOdd || wasOdd {
            others.setDesired(isOdd ? desired : nil, for: id)
            others.setActual(isOdd ? actual : nil, for: id)
        }
        change(name) { row in
            row.wanted[slot] = isOdd ? nil : Self.switch(desired)
            row.present[slot] = isOdd ? nil : Self.switch(actual)
            row.odd = row.odd & ~(1 << slot) | (isOdd ? 1 << slot : 0)
        }
    }

    /// Wants what `switches` know of the interface's parameters; says nothing of the others.
    mutating func want(_ switches: Switches, for name: InterfaceName) {
        change(name) { $0.wanted.merge(switches) }
        correct(name, switches.known) { $0.setDesired(Self.text(switches[$2]), for: $1) }
    }

    /// Wants the interface's parameters no more, and knows of none there.
    mutating func drop(_ switches: Switches, of name: InterfaceName) {
        change(name) { row in
            row.wanted.forget(switches.known)
            row.present.forget(switches.known)
        }
        correct(name, switches.known) { tracker, id, _ in tracker.drop(id) }
    }

    /// Wants the parameter no more, and knows of none there.
    mutating func drop(_ id: SysctlID) { set(id, desired: nil, actual: nil) }

    /// None of the interface's parameters is there.
    mutating func forgetActual(of name: InterfaceName) {
        change(name) { $0.present.forget(.max) }
        correct(name, .max) { tracker, id, _ in tracker.setActual(nil, for: id) }
    }

    /// What was done to all of these at once is done to those among ``others`` one by one.
    private mutating func correct(
        _ name: InterfaceName, _ slots: UInt16, _ body: (inout Self, SysctlID, _ slot: Int) -> Void
    ) {
        guard let row = row(name), rows[row].odd & slots != 0 else { return }
        let odd = rows[row].odd & slots
        for slot in ParameterSlot.all.indices where odd & 1 << slot != 0 {
            change(name) { $0.wanted[slot] = nil }
            body(&self, ParameterSlot.id(name, slot), slot)
        }
    }

    // MARK: Rows

    private static func hash(_ name: InterfaceName) -> UInt32 { UInt32(truncatingIfNeeded: name.hashValue) }

    private func row(_ name: InterfaceName) -> Int? { index.row(Self.hash(name)) { rows[$0].name == name } }

    private mutating func change(_ name: InterfaceName, _ body: (inout Row) -> Void) {
        let hash = Self.hash(name)
        let found = index.row(hash) { rows[$0].name == name }
        var changed = found.map { rows[$0] } ?? Row(name: name)
        body(&changed)
        guard found != nil || !changed.isUnused else { return }
        let row = found ?? add(name, hash)
        presentCount += changed.present.known.nonzeroBitCount - rows[row].present.known.nonzeroBitCount
        let former = states[row]
        var state = changed.state.union(former.intersection(.listed))
        pending.note(row, from: former, to: &state)
        (rows[row], states[row]) = (changed, state)
        if changed.isUnused {
            let rows = rows
            index.remove(row) { Self.hash(rows[$0].name) }
            free.append(UInt32(row))
        }
        if pending.needsSweep { pending.sweep(&states) }
    }

    private mutating func add(_ name: InterfaceName, _ hash: UInt32) -> Int {
        let row = free.popLast().map { Int($0) } ?? rows.count
        if row == rows.count {
            rows.append(Row(name: name))
            states.append(Row(name: name).state)
        }
        if index.isFull(for: 1) {
            let rows = rows
            index.grow(for: 1) { Self.hash(rows[$0].name) }
        }
        index.insert(row, hash)
        return row
    }

    private func values(of id: SysctlID) -> (desired: String?, actual: String?) {
        guard case .interface(let name, let family, let key) = id else {
            return (others.desired(id), others.actual(id))
        }
        guard let row = row(name) else { return (nil, nil) }
        let slot = ParameterSlot.number(family, key)
        guard rows[row].odd & 1 << slot == 0 else { return (others.desired(id), others.actual(id)) }
        return (Self.text(rows[row].wanted[slot]), Self.text(rows[row].present[slot]))
    }

    private func keys(_ slots: (Row) -> UInt16) -> [SysctlID] {
        rows.flatMap { row in
            let known = slots(row)
            return ParameterSlot.all.indices.filter { known & 1 << $0 != 0 }.map { ParameterSlot.id(row.name, $0) }
        }
    }

    private static func text(_ isOn: Bool?) -> String? { isOn.map { $0 ? "1" : "0" } }

    private static func `switch`(_ text: String?) -> Bool? {
        switch text {
        case "0": false
        case "1": true
        default: nil
        }
    }
}
