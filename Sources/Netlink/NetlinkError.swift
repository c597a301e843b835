import Glibc

/// Why a netlink operation did not do, or may not have done, what it was asked for.
public struct NetlinkError: Error, Hashable, Sendable {
    public enum Code: Hashable, Sendable {
        /// The kernel answered the request with this `errno`; nothing of that request took effect.
        case refused(errno: Int32)
        /// A system call failed with this `errno`; no request reached the kernel.
        case systemCall(errno: Int32)
        /// The kernel's answers did not fit into the socket's receive buffer (`ENOBUFS`).
        ///
        /// **The outcome is unknown**: the request may have been carried out in full. Read back and compare.
        case overrun
        /// The request was handed over, but the acknowledgement that was waited for never came. Nothing is known about
        /// the outcome: read back and compare.
        case unacknowledged
        /// The objects changed during each of this many dumps (`NLM_F_DUMP_INTR`), so no dump was consistent.
        case interrupted(attempts: Int)
        /// An answer is not laid out as linux/netlink.h says; the text tells how.
        case malformed(String)
    }

    public var code: Code
    /// What was attempted, as a verb: `add`, `dump`, `open`.
    public var operation: String
    /// What it was attempted on, such as `route 10.65.0.2/32 dev cali1`.
    public var object: String?
    /// The kernel's own explanation (`NLMSGERR_ATTR_MSG`), where it gave one.
    public var kernelMessage: String?
    /// Where in the request the kernel found the fault, in bytes from the beginning of that message's header
    /// (`NLMSGERR_ATTR_OFFS`).
    public var offset: Int?
    /// What a person can do about it; for well-known errors this is filled in.
    public var remedy: String?

    public init(
        _ code: Code, operation: String, object: String? = nil, kernelMessage: String? = nil, offset: Int? = nil,
        remedy: String? = nil
    ) {
        self.code = code
        self.operation = operation
        self.object = object
        self.kernelMessage = kernelMessage
        self.offset = offset
        self.remedy = remedy ?? Self.wellKnownRemedy(for: code)
    }

    /// The `errno` of a refusal or of a failed system call; `ENOBUFS` for an overrun, else `nil`.
    public var errno: Int32? {
        switch code {
        case .refused(let errno), .systemCall(let errno): errno
        case .overrun: ENOBUFS
        case .unacknowledged, .interrupted, .malformed: nil
        }
    }

    /// Whether the request may have taken effect in spite of this error, so that only reading back tells.
    public var isOutcomeUnknown: Bool {
        switch code {
        case .overrun, .unacknowledged, .malformed: true
        case .refused, .systemCall, .interrupted: false
        }
    }

    /// The same error, told of another operation and object: whoever knows what a request meant says so here.
    public func describing(_ operation: String, _ object: String?) -> NetlinkError {
        var error = self
        error.operation = operation
        error.object = object
        return error
    }

    /// A failed system call, with the thread's current `errno`.
    static func systemCall(_ operation: String, _ object: String? = nil) -> NetlinkError {
        NetlinkError(.systemCall(errno: Glibc.errno), operation: operation, object: object)
    }
}
