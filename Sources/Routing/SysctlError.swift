import CLinux
import Glibc

/// Why a kernel parameter could not be read or written. It has the value it had.
public struct SysctlError: Error, Hashable, Sendable, CustomStringConvertible {
    public let errno: Int32
    /// What was attempted: `read`, `write 1 to`.
    public let operation: String
    /// The file, in full.
    public let path: String

    public init(errno: Int32, operation: String, path: String) {
        self.errno = errno
        self.operation = operation
        self.path = path
    }

    /// What a person can do about it, where that is known.
    public var remedy: String? {
        switch errno {
        case ENOENT where path.contains("/ipv6/"):
            "the interface is gone, or IPv6 is switched off (ipv6.disable=1 on the kernel's command line)"
        case ENOENT:
            "the interface is gone, or this kernel has no such parameter"
        case EROFS:
            "/proc/sys is mounted read-only: let this container write it, or set ProtectKernelTunables=no in the unit"
        case EACCES, EPERM:
            "run as root or with CAP_NET_ADMIN in the user namespace that owns this network namespace"
        case EINVAL, ERANGE:
            "the kernel takes no such value here"
        default: nil
        }
    }

    /// One line: operation, file, cause, remedy.
    public var description: String {
        var text = "\(operation) \(path): "
        if let cause = clinux_errno_description(errno), let name = clinux_errno_name(errno) {
            text += "\(String(cString: cause)) (\(String(cString: name)))"
        } else {
            text += "errno \(errno)"
        }
        if let remedy { text += "; \(remedy)" }
        return text
    }
}
