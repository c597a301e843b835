import Agent
import ArgumentParser
import Settings

struct GuardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Closes workload interfaces until an agent has run.",
        discussion: """
            For the unit margay-guard.service, before the network comes up. Where the tables "inet margay" and "arp margay" are \
            not there, makes them as they are without any endpoint: nothing passes to or from an interface whose name \
            starts with one of interfacePrefixes. Where they are there, it changes nothing. Needs root, and neither a \
            source nor an agent; an agent that starts later takes the tables over.

            With a configuration that is not valid it closes the interfaces of the default prefix, cali, and exits with 1.

            EXAMPLES:
              margay guard

            EXIT CODES:
              0   closed, or filtered already
              1   the configuration is not valid, the kernel refused, or an agent is about to do it; the text says which
            """)

    @ParentCommand var root: Margay

    func run() async throws {
        // No endpoint's node matters here, and so early the host may have no name yet.
        let node = "guard"
        var isConfigured = true
        var settings = AgentSettings(node: node)
        do {
            settings = try root.loadSettings(node: node).settings
        } catch {
            isConfigured = false
        }
        do {
            let prefixes = settings.interfacePrefixes.map { "\($0)*" }.joined(separator: ", ")
            let line =
                switch try BootGuard.run(settings) {
                case .closed: "closed \(prefixes) until an agent runs"
                case .isFilteredAlready: "the table inet margay is there already, nothing was changed"
                case .nothingToClose: "unknownInterfaces is ignore: nothing to close"
                }
            try StandardOutput.write(lines: [line])
        } catch {
            StandardError.print("margay guard: \(error)")
            throw ExitCode.failure
        }
        if !isConfigured { throw ExitCode.failure }
    }
}
