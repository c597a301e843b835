import ArgumentParser
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
            let page = await page(client)
            try show(page)
            throw page.code
        }
        // Home, then clear (ECMA-48), in one write with what follows: the page is replaced without a flicker.
        let start = StandardOutput.isTerminal ? "\u{1b}[H\u{1b}[2J" : ""
        while !Task.isCancelled {
            try show(await page(client), after: start)
            try await Task.sleep(for: .seconds(2))
        }
    }

    /// One look at the agent.
    private struct Page {
        var text = ""
        var diagnostics: [String] = []
        /// What the process would exit with.
        var code = ExitCode.success
    }

    private func page(_ client: StatusClient) async -> Page {
        do {
            if brief, names.isEmpty {
                let brief = try await client.brief()
                return Page(
                    text: brief.line(TerminalText(isColoured: StandardOutput.isTerminal)),
                    code: brief.isHealthy ? .success : .failure)
            }
            let complete = try await client.status()
            let (report, unknown) = names.isEmpty ? (complete, []) : complete.filtered(by: names)
            let diagnostics = unknown.map {
                "No endpoint of node \(complete.node) has the name or interface \"\($0)\"; margay status lists them."
            }
            guard unknown.count < names.count || names.isEmpty else {
                return Page(diagnostics: diagnostics, code: .failure)
            }
            return Page(
                text: try rendered(report), diagnostics: diagnostics,
                code: report.isHealthy && unknown.isEmpty ? .success : .failure)
        } catch {
            let isUnreachable = (error as? StatusError)?.code == .unreachable
            return Page(diagnostics: ["\(error)"], code: isUnreachable ? .unreachable : .failure)
        }
    }

    /// - Throws: `ExitCode` when nobody can read it.
    private func show(_ page: Page, after start: String = "") throws(ExitCode) {
        try StandardOutput.write(start + page.text)
        for line in page.diagnostics {
            StandardError.print(line)
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
