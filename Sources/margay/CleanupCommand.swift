import Agent
import ArgumentParser
import Settings

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Removes everything of Margay's from the kernel.",
        discussion: """
            Deletes the tables "inet margay" and "arp margay", and the routes and neighbours that bear our protocol \
            (routes.protocol, 77). Kernel parameters stay as they are. Refuses while an agent runs.

            Afterwards nothing filters the workloads' traffic.

            EXAMPLES:
              systemctl stop margay && margay cleanup

            EXIT CODES:
              0   nothing of ours is left
              1   an agent runs, or the kernel refused; the text says which
            """)

    @ParentCommand var root: Margay

    func run() async throws {
        let settings = try root.loadSettings().settings
        do {
            let removed = try Cleanup.run(settings)
            try StandardOutput.write(
                lines: removed.isEmpty ? ["nothing to remove"] : removed.map { "removed \($0)" })
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay cleanup: \(error)")
            throw ExitCode.failure
        }
    }
}
