import Dataplane
import Status

/// How somebody else's change came to be known.
struct RepairCause: Hashable, Sendable {
    let finding: StatusReport.Repair.Finding
    /// Who it was, as far as the kernel tells.
    var writer: String?

    static let comparison = RepairCause(finding: .comparison)

    static func notification(by writer: String?) -> RepairCause { .init(finding: .notification, writer: writer) }
}
