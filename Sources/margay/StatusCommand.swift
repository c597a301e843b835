import ArgumentParser
import Glibc
import Status

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what the agent has programmed, and why something is not.",
        discussion: """
            Asks the running agent over its socket (--socket); counters are read from the kernel at that moment. \
            Endpoints with a problem come first, with the reason below.

            EXAMPLES:
              margay status                    every endpoint of this node
              margay status web cali0a1b2c3d   by resource or interface name
              margay status -o json            for programs; a stable format
              margay status --brief --watch    one line every two seconds

            EXIT CODES:
              0  all up, nothing rejected, source in sync, dataplane applied
              1  something of that is not so, or a NAME does not exist
              3  the agent cannot be reached
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json, yaml
    }

    @ParentCommand var root: Margay

    @Argument(
        help: ArgumentHelp(
            "Show only these: a resource name, namespace/name or interface name.", valueName: "name"))
    var names: [String] = []

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.table

    @Flag(help: "Show it again every two seconds, until interrupted; a restart of the agent is waited out.")
    var watch = false

    @Flag(help: "One line instead of a table.")
    var brief = false

    func validate() throws {
        if brief, output != .table {
            throw ValidationError("--brief is a format of its own; leave out --output \(output.rawValue).")
        }
    }

    func run() async throws {
        let client = StatusClient(socket: try root.statusSocket())
        guard watch else {
            throw await show(client)
        }
        while !Task.isCancelled {
            if StandardOutput.isTerminal {
                // Home, then clear (ECMA-48): the page is replaced without a flicker.
                print("\u{1b}[H\u{1b}[2J", terminator: "")
            }
            _ = await show(client)
            try await Task.sleep(for: .seconds(2))
        }
    }

    /// Prints the status once and returns what the process would exit with.
    private func show(_ client: StatusClient) async -> ExitCode {
        do {
            let complete = try await client.status()
            let (report, unknown) = names.isEmpty ? (complete, []) : complete.filtered(by: names)
            for name in unknown {
                StandardError.print(
                    "No endpoint of node \(complete.node) has the name or interface \"\(name)\"; "
                        + "margay status lists them.")
            }
            guard unknown.count < names.count || names.isEmpty else { return .failure }
            print(try rendered(report), terminator: "")
            fflush(nil)
            return report.isHealthy && unknown.isEmpty ? .success : .failure
        } catch {
            StandardError.print("\(error)")
            return (error as? StatusError)?.code == .unreachable ? .unreachable : .failure
        }
    }

    private func rendered(_ report: StatusReport) throws -> String {
        let table = StatusTable(report, text: TerminalText(isColoured: StandardOutput.isTerminal))
        return switch output {
        case .table: brief ? table.brief() : table.table()
        case .wide: table.wide()
        case .json: try report.json() + "\n"
        case .yaml: try report.yaml()
        }
    }
}
