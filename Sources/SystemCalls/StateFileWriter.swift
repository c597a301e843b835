import Glibc

/// Writes a file from its beginning to its end, and then its beginning once more if need be, without ever holding all of
/// it.
package struct StateFileWriter: ~Copyable {
    private let file: Descriptor
    private let path: String
    private var waiting: [UInt8] = []

    private static let portion = 128 << 10

    /// - Throws: ``StateFileError``, also when there is a file of this name.
    init(creating path: String) throws(StateFileError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let file = Descriptor(open(path, flags, 0o600)) else {
            throw StateFileError("create", path, errno: errno)
        }
        self.file = file
        self.path = path
        waiting.reserveCapacity(2 * Self.portion)
    }

    package mutating func append(_ bytes: some Collection<UInt8>) throws(StateFileError) {
        waiting += bytes
        if waiting.count >= Self.portion { try flush() }
    }

    /// Puts other bytes in the place of as many at the file's beginning.
    package mutating func overwriteStart(with bytes: [UInt8]) throws(StateFileError) {
        try flush()
        guard lseek(file.rawValue, 0, SEEK_SET) == 0 else { throw StateFileError("write", path, errno: errno) }
        try write(bytes)
    }

    /// What this returns from is on the disk.
    mutating func finish() throws(StateFileError) {
        try flush()
        guard fsync(file.rawValue) == 0 else { throw StateFileError("write", path, errno: errno) }
    }

    private mutating func flush() throws(StateFileError) {
        try write(waiting)
        waiting.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: [UInt8]) throws(StateFileError) {
        var count = 0
        while count < bytes.count {
            let step = uninterrupted {
                bytes.withUnsafeBytes { buffer in
                    Glibc.write(file.rawValue, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                }
            }
            guard step > 0 else { throw StateFileError("write", path, errno: step == 0 ? ENOSPC : errno) }
            count += step
        }
    }
}
