import Agent
import ArgumentParser
import Settings
import Status

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compares the live kernel with what it should hold.",
        discussion: """
            What is wanted comes from the running agent, or with PATH from files, and then no agent is needed. What is \
            there is read from the kernel by this command itself: every chain, set and map element, route, neighbour \
            and parameter. Needs root. Endpoints with a problem come first; a line tells each difference. An interface \
            with a workload prefix and no endpoint is a note and no problem.

            EXAMPLES:
              margay check
              margay check /etc/margay/resources.d
              margay check web.yaml open.yaml --node rack1-host1

            EXIT CODES:
              0  the kernel is as wanted and every endpoint is up
              1  it is not, or something could not be read; the text says which
              3  the agent cannot be reached
            """)

    @OptionGroup var wanted: WantedOptions

    @ParentCommand var root: Margay

    func run() async throws {
        let wanted = try await root.wantedState(at: wanted.paths, node: wanted.node)
        do {
            var result = try Check.run(wanted.resources, wanted.settings)
            result.notes += wanted.notes
            let table = CheckTable(result, text: TerminalText(isColoured: StandardOutput.isTerminal))
            try StandardOutput.write(lines: table.lines)
            if !result.isClean || !wanted.isComplete { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay check: \(error)")
            throw ExitCode.failure
        }
    }
}
