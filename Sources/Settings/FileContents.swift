import Glibc
import SystemCalls

/// Why a file could not be read.
package struct FileReadError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    /// The errno of `open(2)` or `read(2)`.
    package let code: CInt

    /// Whether there is no such file.
    var isAbsence: Bool { code == ENOENT || code == ENOTDIR }

    package var description: String { "cannot read \(path): \(String(cString: strerror(code)))" }
}

/// The bytes of a file. Not FoundationEssentials' `Data(contentsOf:)`, whose errors hide the errno.
package func contents(ofFile path: String) throws(FileReadError) -> [UInt8] {
    guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC)) else {
        throw FileReadError(path: path, code: errno)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = uninterrupted { read(file.rawValue, &buffer, buffer.count) }
        guard count >= 0 else { throw FileReadError(path: path, code: errno) }
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
    }
}
