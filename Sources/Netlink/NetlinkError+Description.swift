import CLinux
import Glibc

extension NetlinkError: CustomStringConvertible {
    /// One line: operation, object, cause, the kernel's words, the place in the request, and the remedy.
    public var description: String {
        var text = operation
        if let object { text += " \(object)" }
        text += ": \(code)"
        if let kernelMessage { text += ": \(kernelMessage)" }
        if let offset { text += " (at byte \(offset) of the request)" }
        if let remedy { text += "; \(remedy)" }
        return text
    }

    static func wellKnownRemedy(for code: Code) -> String? {
        switch code {
        case .refused(EPERM), .systemCall(EPERM), .refused(EACCES), .systemCall(EACCES):
            "run as root or with CAP_NET_ADMIN in this network namespace"
        case .overrun, .unacknowledged:
            "the outcome is unknown: read back and compare"
        case .systemCall(ENOBUFS), .refused(ENOMEM), .systemCall(ENOMEM):
            "the kernel is short of memory: retry"
        case .systemCall(EMSGSIZE):
            "the batch exceeds the socket's send buffer: run with CAP_NET_ADMIN, or raise net.core.wmem_max"
        case .refused(EOPNOTSUPP), .refused(EPROTONOSUPPORT), .refused(EAFNOSUPPORT),
            .systemCall(EAFNOSUPPORT), .systemCall(EPROTONOSUPPORT):
            "this kernel lacks the feature, or its module is not loaded"
        case .interrupted:
            "the objects change faster than they can be read: retry later"
        case .refused, .systemCall, .malformed:
            nil
        }
    }
}

extension NetlinkError.Code: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused(let errno), .systemCall(let errno): describeErrno(errno)
        case .overrun: "the kernel's answers overran the receive buffer (ENOBUFS)"
        case .unacknowledged: "the kernel did not acknowledge the request"
        case .interrupted(let attempts): "interrupted by changes in each of \(attempts) attempts"
        case .malformed(let what): "malformed answer: \(what)"
        }
    }
}

/// `Operation not permitted (EPERM)`, from tables of the C library that, unlike strerror(3), need no locale.
func describeErrno(_ errno: Int32) -> String {
    guard let description = clinux_errno_description(errno), let name = clinux_errno_name(errno) else {
        return "errno \(errno)"
    }
    return "\(String(cString: description)) (\(String(cString: name)))"
}
