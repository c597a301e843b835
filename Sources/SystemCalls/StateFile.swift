import Glibc

/// Why a file that the agent keeps its state in cannot be read or written.
package struct StateFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let operation: String
    package let path: String
    /// `nil` where no call failed and what it found was wrong.
    package let errno: Int32?
    package let finding: String?

    init(_ operation: String, _ path: String, errno: Int32? = nil, finding: String? = nil) {
        (self.operation, self.path, self.errno, self.finding) = (operation, path, errno, finding)
    }

    package var description: String {
        "cannot \(operation) \(path): \(finding ?? errno.map { String(cString: strerror($0)) } ?? "failed")"
    }
}

/// A file that is replaced whole or not at all, whenever the power fails. Only its owner may read it.
package struct StateFile: Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    private var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "." }
    private var name: Substring { path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...] }
    private var temporaryPath: String { "\(folder)/.\(name).new" }

    /// - Parameter limit: How long the file may be, in bytes.
    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``StateFileError``, also for a file that is not a regular one, is too long, or that somebody else than
    ///   this process's user and root may have written.
    package func contents(limit: Int) throws(StateFileError) -> [UInt8]? {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        guard let file = Descriptor(open(path, flags)) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw StateFileError("open", path, errno: errno)
        }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw StateFileError("read", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StateFileError("read", path, finding: "it is not a regular file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw StateFileError("trust", path, finding: "others than the agent's user may have written it")
        }
        guard status.st_size <= limit else {
            throw StateFileError("read", path, finding: "it has \(status.st_size) bytes, and at most \(limit) are read")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let step = uninterrupted {
                bytes.withUnsafeMutableBytes { buffer in
                    read(file.rawValue, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                }
            }
            guard step >= 0 else { throw StateFileError("read", path, errno: errno) }
            guard step > 0 else { break }
            count += step
        }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// When the file was last written or ``touch()``ed.
    package var modified: Timestamp? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Timestamp(
            millisecondsSinceEpoch: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// Sets the time of the last modification to now. That it fails is of no consequence.
    package func touch() { utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) }

    /// Replaces the file, or makes it, with the folders above it. What this returns from is on the disk, as far as the
    /// disk says the truth (fsync(2), rename(2)).
    package func replace(
        _ write: (inout StateFileWriter) throws(StateFileError) -> Void
    ) throws(StateFileError) {
        try createFolders()
        // An earlier writer that was killed in between leaves its part behind.
        unlink(temporaryPath)
        do throws(StateFileError) {
            var writer = try StateFileWriter(creating: temporaryPath)
            try write(&writer)
            try writer.finish()
            guard rename(temporaryPath, path) == 0 else { throw StateFileError("replace", path, errno: errno) }
        } catch {
            unlink(temporaryPath)
            throw error
        }
        // The name is in the folder, which is a file of its own.
        guard let parent = Descriptor(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), fsync(parent.rawValue) == 0
        else { throw StateFileError("write", folder, errno: errno) }
    }

    /// Renames the file, whatever it is, so that a person can look at it and nobody else does.
    /// - Parameter suffix: What is put behind its name; what has that name already goes.
    package func setAside(as suffix: String) throws(StateFileError) {
        guard rename(path, path + suffix) == 0 else { throw StateFileError("set aside", path, errno: errno) }
    }

    private func createFolders() throws(StateFileError) {
        for index in path.indices.dropFirst() where path[index] == "/" {
            let folder = String(path[..<index])
            guard mkdir(folder, 0o755) != 0, errno != EEXIST else { continue }
            let code = errno
            guard FileKind(path: folder) != nil else { throw StateFileError("create", folder, errno: code) }
        }
    }
}

/// Which start of the kernel this is (random(4)); `nil` where /proc does not tell.
package var bootIdentifier: String? {
    guard let file = Descriptor(open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = uninterrupted { read(file.rawValue, &buffer, buffer.count) }
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].prefix { $0 > 0x20 }, as: UTF8.self)
}
