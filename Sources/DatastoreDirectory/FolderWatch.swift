import Glibc
import SystemCalls

/// An inotify instance that watches folders.
struct FolderWatch: ~Copyable {
    private let descriptor: Descriptor
    private let maximum: Int
    private var watches: Set<Int32> = []

    private static let mask =
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
        | IN_ONLYDIR

    /// - Parameter maximum: How many folders are watched at most, besides what the kernel allows.
    init(maximum: Int, path: String) throws(DirectoryError) {
        guard let descriptor = Descriptor(inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))) else {
            throw DirectoryError(
                operation: "watch", path: path, errno: errno,
                remedy: errno == EMFILE ? "raise the sysctl fs.inotify.max_user_instances" : nil)
        }
        self.descriptor = descriptor
        self.maximum = maximum
    }

    /// Watches the very folder that is open, not what its path may have come to mean.
    /// - Returns: the watch; the same one for a folder that is watched already, under whatever path.
    mutating func add(_ folder: borrowing Folder) throws(DirectoryError) -> Int32 {
        let path = "/proc/self/fd/\(folder.rawDescriptor)"
        let watch = inotify_add_watch(descriptor.rawValue, path, UInt32(bitPattern: Self.mask))
        guard watch >= 0 else {
            throw DirectoryError(
                operation: "watch", path: folder.path, errno: errno,
                remedy: errno == ENOSPC ? "raise the sysctl fs.inotify.max_user_watches" : nil)
        }
        guard watches.count < maximum || watches.contains(watch) else {
            inotify_rm_watch(descriptor.rawValue, watch)
            throw DirectoryError(
                operation: "watch", path: folder.path, finding: "these are more than \(maximum) folders",
                remedy: "put the files into fewer")
        }
        watches.insert(watch)
        return watch
    }

    /// Ends a watch. Events of it may still be queued.
    mutating func remove(_ watch: Int32) {
        // Fails for a watch that the kernel has ended itself.
        inotify_rm_watch(descriptor.rawValue, watch)
        watches.remove(watch)
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
