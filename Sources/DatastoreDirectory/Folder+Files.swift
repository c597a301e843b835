import CLinux
import Glibc
import Resources
import SystemCalls

extension Folder {
    /// The largest file that is read, in bytes: 16 MiB, some twenty thousand endpoints.
    static let largestFile = 16 << 20

    /// What to do with a file that may be half of what its writer means to write.
    enum Writers {
        /// A file that is open for writing is left alone. Known by a lease; where there are none the file is read.
        case awaited
        /// The same, and where there are no leases a regular file with one name counts as being written.
        case suspected
        /// The file is read as it is.
        case ignored
    }

    enum Reading {
        /// `nil` when there is no file of that name.
        case content(FileContent?)
        /// Somebody has the file open for writing.
        case unfinished
    }

    /// Reads a file whole.
    ///
    /// A symbolic link that leads nowhere is a file that cannot be read, not one that is gone: an endpoint must not
    /// vanish because the other half of an exchange has yet to happen.
    func read(_ file: String, reader: ResourceReader, writers: Writers) -> Reading {
        do throws(Obstacle) {
            guard let bytes = try bytes(of: file, writers: writers) else { return .unfinished }
            return .content(.documents(reader.documents(in: bytes, file: path(of: file))))
        } catch {
            return switch error {
            case .absent: .content(nil)
            case .unreadable(let reason): .content(.unreadable(reason: reason))
            }
        }
    }

    /// Whether the file is a symbolic link.
    func isSymbolicLink(_ file: String) -> Bool {
        var found = stat()
        return fstatat(rawDescriptor, file, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_mode & S_IFMT == S_IFLNK
    }

    private enum Obstacle: Error {
        case absent
        case unreadable(String)
    }

    /// The file's bytes, or `nil` when its writer is to be awaited. The file is closed on return, and with it the lease
    /// that keeps writers waiting.
    private func bytes(of file: String, writers: Writers) throws(Obstacle) -> [UInt8]? {
        var found = stat()
        // Opening alone has an effect on some devices: a watchdog is armed, a tape rewound.
        if fstatat(rawDescriptor, file, &found, 0) == 0 { try checkType(found) }
        // Without O_NONBLOCK the opening of a named pipe waits for its writer.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        guard let opened = Descriptor(openat(rawDescriptor, file, flags)) else {
            throw obstacle(file, errno: errno)
        }
        guard fstat(opened.rawValue, &found) == 0 else { throw .unreadable("cannot be read: \(systemText(errno))") }
        try checkType(found)
        if writers != .ignored, clinux_lease_for_reading(opened.rawValue) != 0 {
            let isSuspect = writers == .suspected && found.st_nlink == 1
            if errno == EAGAIN || isSuspect { return nil }
        }
        return try Self.bytes(opened)
    }

    private func checkType(_ found: stat) throws(Obstacle) {
        switch found.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw .absent
        default: throw .unreadable("is not a regular file: remove it, or give it another ending")
        }
    }

    /// Why a file could not be opened.
    private func obstacle(_ file: String, errno number: Int32) -> Obstacle {
        switch number {
        case ENOENT where isSymbolicLink(file):
            .unreadable("the link leads nowhere: remove it, or bring back what it leads to")
        case ENOENT: .absent
        case ELOOP: .unreadable("the link leads to itself: \(systemText(number))")
        case EACCES: .unreadable("cannot be opened: \(systemText(number)); permit to read it")
        default: .unreadable("cannot be opened: \(systemText(number))")
        }
    }

    private static func bytes(_ opened: borrowing Descriptor) throws(Obstacle) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= largestFile {
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                let result = uninterrupted { Glibc.read(opened.rawValue, buffer.baseAddress, buffer.count) }
                if result < 0 { failure = errno }
                count = max(0, result)
            }
            guard failure == 0 else { throw .unreadable("cannot be read: \(systemText(failure))") }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        throw .unreadable("is larger than \(largestFile >> 20) MiB: split it")
    }
}
