import Glibc

/// Why the status socket could not be served or asked.
package struct StatusError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// No agent answers: there is no socket, nobody listens on it, it may not be opened, or the time ran out.
        case unreachable
        /// The agent answered, and not with what was asked for.
        case failedRequest
        /// Another process serves the socket.
        case alreadyServed
        /// The socket cannot be created.
        case cannotServe
    }

    package var code: Code
    /// What was tried, with its object: `connect to /run/margay/margay.sock`.
    package var operation: String
    /// The system's error number, if it was the system that refused.
    package var errno: CInt?
    /// What went wrong when no error number says it.
    package var detail: String?
    /// What to do about it.
    package var remedy: String?

    package init(
        _ code: Code, _ operation: String, errno: CInt? = nil, detail: String? = nil, remedy: String? = nil
    ) {
        self.code = code
        self.operation = operation
        self.errno = errno
        self.detail = detail
        self.remedy = remedy
    }

    package var description: String {
        let cause = detail ?? errno.map(Self.text) ?? "failed"
        return "cannot \(operation): \(cause)" + (remedy.map { ". \($0)" } ?? "")
    }

    /// The system's words for an error number.
    static func text(of code: CInt) -> String { String(cString: strerror(code)) }
}
