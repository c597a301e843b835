import Synchronization

/// Keeps one kind of message, which is one text whatever its metadata, from flooding the log: ten thousand endpoints
/// that wait for their interfaces say no more than the first two hundred. What is left out is counted and told.
final class LogRateLimit: Sendable {
    enum Admission: Hashable {
        /// To be written, after word of how many of its kind were left out before it.
        case message(leftOut: Int)
        /// To be written, and followed by word that more of its kind are left out for so long.
        case last(Duration)
        /// To be left out.
        case nothing
    }

    private struct Window {
        var start: ContinuousClock.Instant
        var written = 0
        var leftOut = 0
    }

    private let burst: Int
    private let window: Duration
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameters:
    ///   - burst: How many messages of one kind are written within a window.
    ///   - window: How long a window lasts, counted from its first message.
    init(burst: Int = 200, window: Duration = .seconds(30)) {
        self.burst = burst
        self.window = window
    }

    func admit(_ text: String, at now: ContinuousClock.Instant) -> Admission {
        windows.withLock { windows in
            var present = windows[text] ?? Window(start: now)
            defer { windows[text] = present }
            var leftOut = 0
            if now - present.start >= window {
                leftOut = present.leftOut
                present = Window(start: now)
            }
            guard present.written < burst else {
                present.leftOut += 1
                return .nothing
            }
            present.written += 1
            return present.written == burst ? .last(window) : .message(leftOut: leftOut)
        }
    }
}
