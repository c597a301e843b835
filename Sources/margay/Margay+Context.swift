import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import Settings
import SystemCalls

/// What every subcommand needs of the settings.
extension Margay {
    /// The settings of file, environment and options; `node` and `source` are those of the subcommand, if it has them.
    ///
    /// - Throws: `ExitCode.failure`, after every problem was printed to stderr.
    func loadSettings(node: String? = nil, source: String? = nil) throws(ExitCode) -> LoadedSettings {
        do throws(SettingsError) {
            return try settingsSource(node: node, source: source)()
        } catch {
            StandardError.print(error.description)
            throw .failure
        }
    }

    /// Reads the settings of file, environment and options, each time anew.
    /// - Parameter again: Whether they were read before.
    func settingsSource(
        node: String? = nil, source: String? = nil, again: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> @Sendable () throws(SettingsError) -> LoadedSettings {
        let flags = SettingsFlags(
            node: node, source: source, socket: global.socket, logLevel: global.logLevel?.rawValue)
        return { [file = global.config] () throws(SettingsError) in
            try SettingsLoader.load(file: file, again: again, environment: environment, flags: flags)
        }
    }

    /// Where the agent answers. With `--socket` no other setting is read: whoever looks into a broken configuration
    /// can still ask the agent that runs.
    func statusSocket() throws(ExitCode) -> String {
        if let socket = global.socket {
            return socket
        }
        return try loadSettings().settings.status.socket
    }

    /// Sends every later log message where the settings say, and where stderr is the journal's, text to the journal.
    /// Once per process, before the first `Logger`.
    ///
    /// - Returns: What decides on which messages are written.
    @discardableResult
    static func startLogging(_ settings: AgentSettings.Logging) -> LogLevel {
        let level = LogLevel(settings.level)
        let sink: any LogSink
        if settings.format == .text,
            let journal = JournalSocket(replacing: STDERR_FILENO, environment: ProcessInfo.processInfo.environment)
        {
            sink = JournalLog(socket: journal)
        } else {
            sink = StandardErrorLog(format: settings.format)
        }
        let limit = LogRateLimit()
        LoggingSystem.bootstrap { label in
            MargayLog(label: label, sink: sink, limit: limit, level: level)
        }
        return level
    }
}

extension ExitCode {
    /// The agent cannot be reached.
    static let unreachable = ExitCode(3)
}
