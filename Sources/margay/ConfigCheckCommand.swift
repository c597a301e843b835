import Agent
import ArgumentParser
import FoundationEssentials
import Logging
import Resources
import Settings

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says whether an agent would start with this configuration, and what is wrong with it.",
        usage: "margay config check [<options>]",
        discussion: """
            Prints every violation as origin: error: key: text, the origin being file:line:column, a variable or an \
            option, and warnings for what has no effect or is seldom meant, such as a password file that everybody may \
            read. Asks neither an agent nor the source and needs no root. An agent that runs reads the same again on \
            SIGHUP.

            EXAMPLES:
              margay config check
              margay --config new.yaml config check && systemctl reload margay
              margay config check -o json | jq -r '.problems[].origin'

            EXIT CODES:
              0  valid; the last line says what was read
              1  not valid
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var agent: AgentSettingsOptions

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.text

    @ParentCommand var root: Margay

    func run() throws {
        let check = ConfigCheck(loading: root.settingsSource(node: agent.node, source: agent.source))
        switch output {
        case .text: try StandardOutput.write(lines: check.lines)
        case .json: try StandardOutput.write(try check.json() + "\n")
        }
        if !check.isValid { throw ExitCode.failure }
    }
}

/// What there is to say about a configuration.
struct ConfigCheck {
    private(set) var problems: [SettingsProblem] = []
    private(set) var warnings: [SettingsWarning] = []
    private var loaded: LoadedSettings?

    init(loading load: () throws(SettingsError) -> LoadedSettings) {
        do throws(SettingsError) {
            let loaded = try load()
            self.loaded = loaded
            warnings = loaded.warnings
            do throws(AgentError) {
                _ = try AgentRun.datastore(
                    loaded.settings, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            } catch {
                problems.append(
                    SettingsProblem(
                        origin: loaded.origins["source.type"] ?? .builtIn, key: "source.type",
                        message: error.description))
            }
        } catch {
            problems = error.problems
        }
    }

    var isValid: Bool { problems.isEmpty }

    var lines: [String] { problems.map(\.description) + warnings.map(\.description) + [summary] }

    private var summary: String {
        let warned = warnings.isEmpty ? "" : ", \(warnings.count) warning\(warnings.count == 1 ? "" : "s")"
        guard isValid, let loaded else {
            return "not valid: \(problems.count) error\(problems.count == 1 ? "" : "s")\(warned)"
        }
        let others = loaded.othersThanFiles
        let read = loaded.files + others
        return "valid\(warned): " + (read.isEmpty ? "nothing but defaults" : read.joined(separator: ", "))
    }

    func json() throws -> String {
        let document = Document(
            valid: isValid, files: loaded?.files ?? [],
            problems: problems.map { .init(origin: $0.origin.description, key: $0.key, message: $0.message) },
            warnings: warnings.map { .init(origin: $0.origin.description, key: $0.key, message: $0.message) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try DocumentText(json: String(decoding: try encoder.encode(document), as: UTF8.self)).json
    }

    private struct Document: Encodable {
        struct Item: Encodable {
            var origin: String
            var key: String?
            var message: String
        }

        var valid: Bool
        var files: [String]
        var problems: [Item]
        var warnings: [Item]
    }
}

extension LoadedSettings {
    /// The variables and options that say something.
    fileprivate var othersThanFiles: [String] {
        var names: [String] = []
        for origin in lines.map(\.origin) {
            switch origin {
            case .environment(let name), .flag(let name):
                if !names.contains(name) { names.append(name) }
            default: break
            }
        }
        return names
    }
}
