import Glibc
import Synchronization

/// The service manager that started this process, told about its state by the protocol of sd_notify(3).
///
/// Nothing that goes wrong here is worth stopping for: a message that does not arrive is lost, as with sd_notify(3).
package final class ServiceManager: Sendable {
    private let address: UnixSocketAddress
    private let socket: UnixDatagramSocket
    /// How often the manager wants a sign of life (`WATCHDOG_USEC`); `nil` if it does not watch this process.
    package let watchdogInterval: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET` names the manager's socket, a path or, after `@`, an abstract name;
    ///   `WATCHDOG_USEC` and `WATCHDOG_PID` are those of sd_watchdog_enabled(3).
    /// - Returns: `nil` where no manager waits to be told.
    package init?(environment: [String: String]) {
        guard let name = environment["NOTIFY_SOCKET"], let first = name.first, first == "/" || first == "@",
            let socket = try? UnixDatagramSocket()
        else { return nil }
        address = first == "@" ? .abstract(String(name.dropFirst())) : .path(name)
        self.socket = socket
        let isWatched = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let interval = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogInterval = isWatched && interval > 0 ? .microseconds(interval) : nil
    }

    /// One assignment of sd_notify(3).
    package enum Notice: Hashable, Sendable {
        /// Starting, or reloading, has come to its end.
        case ready
        /// The configuration is being read again; the manager waits for ``ready``.
        case reloading
        case stopping
        /// The main loop is alive.
        case watchdog
        /// One line for people, shown by `systemctl status`.
        case status(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds())"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let line): "STATUS=\(line.replacing(/\s+/, with: " "))"
            }
        }
    }

    package func tell(_ notices: Notice...) {
        try? socket.send(notices.map(\.text).joined(separator: "\n").utf8, to: address)
    }
}

/// `CLOCK_MONOTONIC`, by which systemd tells a new reload from an old one.
private func monotonicMicroseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}
