import FoundationEssentials
import Logging
import Settings
import Status
import SystemCalls

/// Writes log messages to stderr, as lines for people or as one JSON object per line.
struct StandardErrorLog: LogHandler {
    let label: String
    let format: AgentSettings.Logging.Format
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, format: AgentSettings.Logging.Format, logLevel: Logger.Level) {
        self.label = label
        self.format = format
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        StandardError.print(line(for: event, at: .now))
    }

    /// `2026-03-01T12:00:00.250Z warning  Message interface=cali0123 reason="no such device"`, or its JSON.
    func line(for event: LogEvent, at time: Timestamp) -> String {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error {
            all["error"] = "\(error)"
        }
        let values = all.mapValues { "\($0)" }
        switch format {
        case .text:
            let level = event.level.rawValue
            let padding = String(repeating: " ", count: max(0, 8 - level.count))
            let pairs = values.sorted { $0.key < $1.key }.map { " \($0.key)=\(quotedIfNeeded($0.value))" }
            return "\(time) \(level)\(padding) \(event.message.description.printable)\(pairs.joined())"
        case .json:
            let line = JSONLine(
                time: time, level: event.level.rawValue, logger: label, message: event.message.description,
                metadata: values)
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

    private func quotedIfNeeded(_ text: String) -> String {
        let isPlain = !text.isEmpty && !text.contains { " \"=".contains($0) }
        return isPlain ? text.printable : "\"" + text.printable.replacing("\"", with: "\\\"") + "\""
    }
}
