import NetworkValues

/// Kernel parameters to set, in their order.
///
/// An interface's are bits of one row: as a list of single ones those of thousands of interfaces would be megabytes.
package struct ParameterUpdates: Hashable, Sendable, Sequence {
    package struct Update: Hashable, Sendable {
        package let id: SysctlID
        package let value: String
    }

    struct Row: Hashable, Sendable {
        let name: InterfaceName
        let wanted: Switches
        /// Which of them to set.
        let slots: UInt16
    }

    private var rows: [Row] = []
    private var others: [Update] = []
    package private(set) var count = 0

    package init() {}

    /// - Parameter others: Whatever is not a switch of an interface.
    init(_ rows: [Row], others: [Update]) {
        self.rows = rows.sorted { $0.name < $1.name }
        self.others = others.sorted { $0.id < $1.id }
        count = rows.reduce(others.count) { $0 + $1.slots.nonzeroBitCount }
    }

    package var isEmpty: Bool { count == 0 }

    package func makeIterator() -> Iterator { Iterator(rows, others) }

    package struct Iterator: IteratorProtocol {
        private let rows: [Row]
        private var others: ArraySlice<Update>
        /// The next one of a row.
        private var following: Update?
        private var (group, row, slot) = (0, 0, 0)

        init(_ rows: [Row], _ others: [Update]) {
            (self.rows, self.others) = (rows, others[...])
            following = nextSwitch()
        }

        package mutating func next() -> Update? {
            if let other = others.first, following.map({ other.id < $0.id }) ?? true { return others.popFirst() }
            defer { following = nextSwitch() }
            return following
        }

        /// Group by group, row by row, slot by slot.
        private mutating func nextSwitch() -> Update? {
            while group < ParameterSlot.groups.count {
                let slots = ParameterSlot.groups[group]
                while row < rows.count {
                    slot = Swift.max(slot, slots.lowerBound)
                    while slot < slots.upperBound {
                        defer { slot += 1 }
                        guard rows[row].slots & 1 << slot != 0, let isOn = rows[row].wanted[slot] else { continue }
                        return Update(id: ParameterSlot.id(rows[row].name, slot), value: isOn ? "1" : "0")
                    }
                    (row, slot) = (row + 1, 0)
                }
                (group, row) = (group + 1, 0)
            }
            return nil
        }
    }
}
