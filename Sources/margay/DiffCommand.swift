import Agent
import ArgumentParser
import Settings
import Status

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Shows what would change in the kernel.",
        discussion: """
            What is wanted comes from the running agent, or with PATH from files, and then no agent is needed. What is \
            there is read from the kernel by this command itself. Needs root; changes nothing.

              + object   wanted and missing: it would be added
              - object   in our place and unwanted: it would be removed
              ~ object   not as wanted: what is there (-) and what should be (+) follow

            EXAMPLES:
              margay diff                        what an agent has left to do
              margay diff new/resources.d        what these files would change
              margay diff web.yaml open.yaml --node rack1-host1

            EXIT CODES:
              0  the same
              1  different, or something could not be read; the text says which
              3  the agent cannot be reached
            """)

    @OptionGroup var wanted: WantedOptions

    @ParentCommand var root: Margay

    func run() async throws {
        let wanted = try await root.wantedState(at: wanted.paths, node: wanted.node)
        // Without the rejected resources everything of theirs would be shown as unwanted.
        guard wanted.isComplete else { throw ExitCode.failure }
        do {
            let comparison = try KernelComparison(wanted.resources, wanted.settings, yielding: wanted.yielding)
            let diff = DataplaneDiff(comparison.model)
            try StandardOutput.write(
                lines: DiffText(diff, text: TerminalText(isColoured: StandardOutput.isTerminal)).lines)
            for note in wanted.notes {
                StandardError.print("note: \(note)")
            }
            if !diff.isEmpty { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay diff: \(error)")
            throw ExitCode.failure
        }
    }
}
