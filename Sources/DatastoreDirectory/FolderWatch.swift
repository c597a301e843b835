import Glibc
import SystemCalls

/// An inotify instance that watches one folder.
struct FolderWatch: ~Copyable {
    private let descriptor: Descriptor

    private static let mask =
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
        | IN_ONLYDIR

    /// Watches the very folder that is open, not what its path may have come to mean.
    init(_ folder: borrowing Folder) throws(DirectoryError) {
        guard let descriptor = Descriptor(inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))) else {
            throw DirectoryError(
                operation: "watch", path: folder.path, errno: errno,
                remedy: errno == EMFILE ? "raise the sysctl fs.inotify.max_user_instances" : nil)
        }
        let path = "/proc/self/fd/\(folder.rawDescriptor)"
        guard inotify_add_watch(descriptor.rawValue, path, UInt32(bitPattern: Self.mask)) >= 0 else {
            throw DirectoryError(
                operation: "watch", path: folder.path, errno: errno,
                remedy: errno == ENOSPC ? "raise the sysctl fs.inotify.max_user_watches" : nil)
        }
        self.descriptor = descriptor
    }

    /// Blocks until there are events, or the time is up, or the signal is sent; the signal wins.
    func wait(_ timeout: Duration, orUntil stop: StopSignal) -> StopSignal.Reason {
        stop.wait(for: descriptor.rawValue, timeout)
    }

    /// Takes every event that is queued, without blocking.
    func drain() -> [InotifyEvent] {
        var events: [InotifyEvent] = []
        while true {
            let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                count = max(0, uninterrupted { read(descriptor.rawValue, buffer.baseAddress, buffer.count) })
            }
            guard !bytes.isEmpty else { return events }
            events += InotifyEvent.events(in: bytes)
        }
    }
}
