import Agent
import Datastore
import Logging
import Settings
import Status
import Synchronization

extension ResourceValidation {
    /// Checks all that the source of these settings holds now.
    /// - Throws: when it cannot be read.
    init(ofSource settings: AgentSettings) async throws {
        guard settings.source.type != .directory else {
            self.init(of: [settings.source.directory.path], settings)
            return
        }
        let warnings = WarningCollector()
        let datastore = try AgentRun.datastore(settings, logger: Logger(label: "validate") { _ in warnings })
        let snapshot = try await datastore.snapshot()
        self.init(
            snapshot: snapshot, warnings: warnings.texts, source: "\(datastore.kind) \(datastore.location)".printable)
    }
}

/// A log of which only the warnings are kept: what is odd about resources that are read all the same.
private struct WarningCollector: LogHandler {
    private final class Texts: Sendable {
        let list = Mutex<[String]>([])
    }

    private let collected = Texts()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    var texts: [String] { collected.list.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level == .warning else { return }
        collected.list.withLock { $0.append(event.message.description) }
    }
}
