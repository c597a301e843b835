import CLinux
import Glibc

/// Why a folder of resources cannot be read or followed.
public struct DirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried: "open", "list", "watch".
    public var operation: String

    /// What it was tried on.
    public var path: String

    /// The errno of the failed call; 0 where the call succeeded and what it found was wrong.
    public var errno: Int32

    /// What was found, where no call failed.
    public var finding: String?

    /// What to do about it.
    public var remedy: String?

    init(operation: String, path: String, errno: Int32 = 0, finding: String? = nil, remedy: String? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.finding = finding
        self.remedy = remedy
    }

    /// Whether the cause is that there is nothing of this name, or a symbolic link or a file where a folder should be.
    var isAbsence: Bool { [ENOENT, ENOTDIR, ELOOP].contains(errno) }

    public var description: String {
        let cause = finding ?? systemText(errno)
        return "cannot \(operation) \(path): \(cause)" + (remedy.map { "; \($0)" } ?? "")
    }
}

/// The error's text and its name: "Permission denied (EACCES)".
func systemText(_ number: Int32) -> String {
    let text = clinux_errno_description(number).map { String(cString: $0) } ?? "unknown error"
    let name = clinux_errno_name(number).map { String(cString: $0) } ?? "errno \(number)"
    return "\(text) (\(name))"
}
