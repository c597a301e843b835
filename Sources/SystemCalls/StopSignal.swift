import CLinux
import Glibc

/// Ends a blocking `poll` from another thread, once and for good: an eventfd that stays readable.
package final class StopSignal: Sendable {
    private let descriptor: Int32

    /// - Throws: ``SystemCallError`` when no descriptor is left.
    package init() throws(SystemCallError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemCallError(operation: "make an eventfd", errno: errno) }
    }

    deinit { close(descriptor) }

    package func send() {
        // Fails only when the counter would overflow: it is readable then all the same.
        eventfd_write(descriptor, 1)
    }

    package enum Reason: Hashable, Sendable {
        case readable, timeout, stop
    }

    /// Blocks until `descriptor` is readable, the time is over, or the signal has been sent.
    /// - Parameter timeout: Forever when `nil`.
    package func wait(for descriptor: Int32? = nil, _ timeout: Duration? = nil) -> Reason {
        var entries = [pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)]
        if let descriptor {
            entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        let milliseconds = timeout.map {
            $0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000
        }
        let limit = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        let count = poll(&entries, nfds_t(entries.count), limit)
        if entries[0].revents != 0 { return .stop }
        // An interrupted wait ends early: whoever waits for a descriptor looks at it and waits again.
        return count > 0 && entries.count > 1 && entries[1].revents != 0 ? .readable : .timeout
    }
}
