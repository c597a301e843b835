import Glibc

/// Why a file could not be read.
package struct FileReadError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    /// The errno of `open(2)` or `read(2)`; `nil` for what is not read because of what it is.
    package let code: CInt?

    /// Whether there is no such file.
    package var isAbsence: Bool { code == ENOENT || code == ENOTDIR }

    package init(path: String, code: CInt?) {
        self.path = path
        self.code = code
    }

    package var reason: String { code.map { String(cString: strerror($0)) } ?? "a pipe can be read once only" }

    package var description: String { "cannot read \(path): \(reason)" }
}

/// More than anybody writes; a device such as `/dev/zero` has no end.
private let largestConfiguration = 16 << 20

/// The bytes of a file of at most 16 MiB. Not FoundationEssentials' `Data(contentsOf:)`, whose errors hide the errno.
/// - Parameter refusingPipes: Whether pipes and sockets are refused: they can be read once only, and may wait for a writer
///   for good.
package func contents(ofFile path: String, refusingPipes: Bool = false) throws(FileReadError) -> [UInt8] {
    // Without O_NONBLOCK the opening of a pipe waits for its writer.
    let flags = O_RDONLY | O_CLOEXEC | (refusingPipes ? O_NONBLOCK | O_NOCTTY : 0)
    guard let file = Descriptor(open(path, flags)) else {
        throw FileReadError(path: path, code: errno)
    }
    if refusingPipes {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw FileReadError(path: path, code: errno) }
        guard ![S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else {
            throw FileReadError(path: path, code: nil)
        }
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = uninterrupted { read(file.rawValue, &buffer, buffer.count) }
        guard count >= 0 else { throw FileReadError(path: path, code: errno) }
        guard count > 0 else { return bytes }
        guard bytes.count + count <= largestConfiguration else { throw FileReadError(path: path, code: EFBIG) }
        bytes += buffer[..<count]
    }
}
