import ArgumentParser
import FoundationEssentials
import Logging
import Settings

/// What every subcommand needs of the settings.
extension Margay {
    /// The settings of file, environment and options; `node` and `source` are those of the subcommand, if it has them.
    ///
    /// - Throws: `ExitCode.failure`, after every problem was printed to stderr.
    func loadSettings(node: String? = nil, source: String? = nil) throws(ExitCode) -> LoadedSettings {
        let flags = SettingsFlags(
            node: node, source: source, socket: global.socket, logLevel: global.logLevel?.rawValue)
        do throws(SettingsError) {
            return try SettingsLoader.load(
                file: global.config, environment: ProcessInfo.processInfo.environment, flags: flags)
        } catch {
            StandardError.print(error.description)
            throw .failure
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

    /// Sends every later log message to stderr, as the settings say. Once per process, before the first `Logger`.
    static func startLogging(_ settings: AgentSettings.Logging) {
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            StandardErrorLog(label: label, format: settings.format, logLevel: level)
        }
    }
}

extension ExitCode {
    /// The agent cannot be reached.
    static let unreachable = ExitCode(3)
}
