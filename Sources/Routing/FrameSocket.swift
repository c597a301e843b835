import CLinux
import Glibc

/// Sends Ethernet frames on the interfaces of the network namespace of the thread that made it (packet(7)), and receives
/// none.
public struct FrameSocket: ~Copyable, Sendable {
    private let descriptor: Int32

    /// - Parameter bypassesQueues: Whether frames go past the queues of the interface: they wait behind nobody's, and hold
    ///   up nobody's.
    public init(bypassesQueues: Bool = false) throws(FrameError) {
        descriptor = clinux_frame_socket(bypassesQueues ? 1 : 0)
        guard descriptor >= 0 else { throw FrameError(errno: errno, operation: "open a packet socket") }
    }

    deinit {
        close(descriptor)
    }

    /// Hands the frame to the interface. Waits at most 0.2 s for it to take one.
    public func send(_ frame: [UInt8], interfaceIndex: UInt32) throws(FrameError) {
        while clinux_send_frame(descriptor, interfaceIndex, frame, UInt(frame.count)) < 0 {
            guard errno == EINTR else { throw FrameError(errno: errno, operation: "send on a packet socket") }
        }
    }
}

/// Why a frame was not sent.
public struct FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    public let errno: Int32
    public let operation: String

    public init(errno: Int32, operation: String) {
        self.errno = errno
        self.operation = operation
    }

    /// What a person can do about it, where that is known.
    public var remedy: String? {
        switch errno {
        case EPERM, EACCES: "it takes CAP_NET_RAW: the unit's CapabilityBoundingSet"
        case EAFNOSUPPORT: "it takes AF_PACKET: CONFIG_PACKET in the kernel, RestrictAddressFamilies in the unit"
        default: nil
        }
    }

    public var description: String {
        let cause = clinux_errno_description(errno).map { String(cString: $0) } ?? "errno \(errno)"
        let name = clinux_errno_name(errno).map { " (\(String(cString: $0)))" } ?? ""
        return "\(operation): \(cause)\(name)" + (remedy.map { "; \($0)" } ?? "")
    }
}
