import Glibc
import Logging
import Settings
import SystemCalls

/// Hands log messages to journald with a field for each piece of metadata, so that
/// `journalctl MARGAY_ENDPOINT=default/web` finds them.
struct JournalLog: LogSink {
    let socket: JournalSocket

    func write(_ message: LogMessage) {
        do throws(SystemCallError) {
            try socket.send(Self.fields(of: message))
        } catch {
            // The journal reads standard error too: `<N>` at a line's start is its priority (sd-daemon(3)).
            StandardError.print("<\(Self.priority(of: message.level))>\(message.textWithMetadata)")
        }
    }

    /// `MESSAGE` has the metadata as well, since that is all that `journalctl` shows of a message.
    static func fields(of message: LogMessage) -> [(name: String, value: String)] {
        let own = message.metadata.sorted { $0.key < $1.key }.map { (name(of: $0.key), $0.value) }
        return [
            ("MESSAGE", message.textWithMetadata), ("PRIORITY", "\(priority(of: message.level))"),
            ("SYSLOG_IDENTIFIER", "margay"), ("MARGAY_LOGGER", message.label),
        ] + own
    }

    /// `interfaceName` becomes `MARGAY_INTERFACE_NAME`: journald drops fields with other letters.
    static func name(of key: String) -> String {
        var name = "MARGAY_"
        for scalar in key.unicodeScalars {
            switch scalar {
            case "a"..."z": name += scalar.properties.uppercaseMapping
            case "A"..."Z": name += name.hasSuffix("_") ? "\(scalar)" : "_\(scalar)"
            case "0"..."9": name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name
    }

    /// The levels of syslog(3), as `PRIORITY` has them.
    static func priority(of level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }
}
