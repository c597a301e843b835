import ArgumentParser
import Settings
import Status

struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows the value of every key, and who said it.",
        usage: "margay config show [<options>]",
        discussion: """
            An origin is file:line:column, a variable, an option, "default" or "host name". CHANGE says what another \
            value takes: an agent that runs takes it over on SIGHUP (reload), or only the next agent does (restart). \
            With -o yaml the output is a configuration file with the origins as comments. Asks no agent and needs no \
            root; secrets are no settings, only the paths of their files are.

            EXAMPLES:
              margay config show
              margay --config new.yaml config show -o yaml
              margay config show | grep -v ' default$'

            EXIT CODES:
              0  shown
              1  the configuration is not valid; stderr says why
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, yaml, json
    }

    @OptionGroup var agent: AgentSettingsOptions

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.table

    @ParentCommand var root: Margay

    func run() throws {
        let loaded = try root.loadSettings(node: agent.node, source: agent.source)
        switch output {
        case .table: try StandardOutput.write(lines: Self.table(loaded))
        case .yaml: try StandardOutput.write(try loaded.yaml())
        case .json: try StandardOutput.write(loaded.json() + "\n")
        }
    }

    /// As wide as it needs: half a path would be of no use.
    static func table(_ loaded: LoadedSettings) -> [String] {
        let columns: [TextColumns.Column] = ["KEY", "VALUE", "CHANGE", "ORIGIN"].map { .init(heading: $0) }
        let rows = loaded.lines.map { line in
            (
                cells: [
                    TextColumns.Cell(line.key), .init(line.text), .init(line.reload.rawValue), .init("\(line.origin)"),
                ], below: [String]()
            )
        }
        return TextColumns(columns: columns).lines(
            rows, width: nil, text: TerminalText(isColoured: StandardOutput.isTerminal))
    }
}
