package import Nftables

/// What a table is beside its contents.
package struct TableState: Hashable, Sendable, CustomStringConvertible {
    package let flags: TableFlags
    /// Whether another process holds it: the kernel takes no change of it from anybody else (EPERM).
    package let isHeldByOthers: Bool

    package init(_ flags: TableFlags, isHeldByOthers: Bool = false) {
        self.flags = flags
        self.isHeldByOthers = isHeldByOthers
    }

    /// Anybody with CAP_NET_ADMIN may change or delete it.
    package static let open = TableState([])
    /// Nobody but this process may. Owner alone is never asked for: such a table would vanish with a crash, and everything
    /// would stand open.
    package static let locked = TableState([.owner, .persist])
    /// Was locked by a process that has ended since.
    package static let orphaned = TableState([.persist])

    /// Whether the kernel turns the one into the other in place. Anything else takes a new table.
    func mayBecome(_ wanted: TableState) -> Bool { self == .orphaned && wanted == .locked }

    package var description: String { "\(flags)" + (isHeldByOthers ? ", held by another process" : "") }
}
