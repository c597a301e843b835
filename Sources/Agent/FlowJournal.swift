import Dataplane
import Glibc
import SystemCalls

/// Which running flows a change ends, written down before the change: once it has taken effect, nothing in the kernel
/// tells of addresses that an endpoint had, and an agent that dies before it has ended their flows leaves it to the next.
///
/// It need not outlive the kernel, whose flows these are: the folder is one in memory.
struct FlowJournal: Sendable {
    private let path: String
    private var kept = FlowDebt()

    /// - Parameter folder: Where the status socket is, which is one agent's alone.
    init(inFolderOf socket: String) {
        path = socket.lastIndex(of: "/").map { socket[...$0] + "owed-flows" } ?? "owed-flows"
    }

    /// What an earlier agent still owed.
    mutating func read() -> FlowDebt {
        guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) else {
            return FlowDebt()
        }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid() || status.st_uid == 0
        else { return FlowDebt() }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), 16 << 20))
        let count = uninterrupted { Glibc.read(file.rawValue, &bytes, bytes.count) }
        kept = FlowDebt(text: String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
        return kept
    }

    /// Keeps the debt in place of the former one; none when it is empty. A file that cannot be written is missed only by
    /// an agent that starts after one that died in between.
    mutating func keep(_ debt: FlowDebt) {
        guard debt != kept else { return }
        kept = debt
        guard !debt.isEmpty else {
            unlink(path)
            return
        }
        let next = "\(path).new"
        unlink(next)
        guard let file = Descriptor(open(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)) else {
            return
        }
        let bytes = Array(debt.text.utf8)
        guard uninterrupted({ write(file.rawValue, bytes, bytes.count) }) == bytes.count else { return }
        rename(next, path)
    }
}
