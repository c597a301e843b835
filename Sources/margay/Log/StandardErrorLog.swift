import FoundationEssentials
import Logging
import Settings
import Status
import SystemCalls

/// Writes log messages to stderr, as lines for people or as one JSON object per line.
struct StandardErrorLog: LogSink {
    let format: AgentSettings.Logging.Format

    func write(_ message: LogMessage) {
        StandardError.print(line(for: message, at: .now))
    }

    /// `2026-03-01T12:00:00.250Z warning  Message interface=cali0123 reason="no such device"`, or its JSON.
    func line(for message: LogMessage, at time: Timestamp) -> String {
        switch format {
        case .text:
            let level = message.level.rawValue
            let padding = String(repeating: " ", count: max(0, 8 - level.count))
            return "\(time) \(level)\(padding) \(message.textWithMetadata)"
        case .json:
            let line = JSONLine(
                time: time, level: message.level.rawValue, logger: message.label, message: message.text,
                metadata: message.metadata)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self).printableJSON } ?? ""
        }
    }

    private struct JSONLine: Encodable {
        var time: Timestamp
        var level: String
        var logger: String
        var message: String
        var metadata: [String: String]
    }
}

extension LogMessage {
    /// The text and what belongs to it, on one line that commands no terminal: `Message interface=cali0123 count=2`.
    var textWithMetadata: String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quotedIfNeeded($0.value))" }
        return text.printable + pairs.joined()
    }

    private func quotedIfNeeded(_ text: String) -> String {
        let isPlain = !text.isEmpty && !text.contains { " \"=".contains($0) }
        return isPlain ? text.printable : "\"" + text.printable.replacing("\"", with: "\\\"") + "\""
    }
}
