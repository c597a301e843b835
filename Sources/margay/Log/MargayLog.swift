import Logging
import Settings
import Synchronization

/// One log message, ready to be written.
struct LogMessage: Hashable {
    let label: String
    let level: Logger.Level
    let text: String
    let metadata: [String: String]
}

/// Where log messages go.
protocol LogSink: Sendable {
    func write(_ message: LogMessage)
}

/// Which messages are written, by all loggers of the process; it may change while they are in use.
final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: Logger.Level) { self.level = Mutex(level) }

    convenience init(_ level: AgentSettings.Logging.Level) {
        self.init(Logger.Level(rawValue: level.rawValue) ?? .info)
    }

    var current: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

/// The log handler of every command: gathers the metadata, keeps floods down, and hands the rest to a sink.
struct MargayLog: LogHandler {
    let label: String
    let sink: any LogSink
    let limit: LogRateLimit
    let sharedLevel: LogLevel
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(label: String, sink: any LogSink, limit: LogRateLimit, level: LogLevel) {
        self.label = label
        self.sink = sink
        self.limit = limit
        sharedLevel = level
    }

    /// The shared level, unless this very logger was given one of its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? sharedLevel.current }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let message = message(for: event)
        switch limit.admit(message.text, at: .now) {
        case .message(let leftOut):
            if leftOut > 0 { notice("Messages like the next one were left out", ["count": "\(leftOut)"]) }
            sink.write(message)
        case .last(let window):
            sink.write(message)
            notice(
                "Too many messages like the last one: more of them are left out for a while",
                ["seconds": "\(window.components.seconds)"])
        case .nothing:
            return
        }
    }

    private func message(for event: LogEvent) -> LogMessage {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error {
            all["error"] = "\(error)"
        }
        return LogMessage(
            label: label, level: event.level, text: event.message.description, metadata: all.mapValues { "\($0)" })
    }

    private func notice(_ text: String, _ metadata: [String: String]) {
        sink.write(LogMessage(label: label, level: .notice, text: text, metadata: metadata))
    }
}
