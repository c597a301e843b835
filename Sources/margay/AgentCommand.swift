import Agent
import ArgumentParser
import FoundationEssentials
import Logging
import Settings
import Status
import SystemCalls

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Runs the agent in the foreground.",
        discussion: """
            Follows the source and keeps the kernel's routes, NAT, chains and source filters as its resources ask. \
            Needs root, or CAP_NET_ADMIN and a writable /proc/sys. Stopping it, in whatever way, leaves the kernel as it is; \
            starting it adopts what is there.

            With --once it applies what the source holds now, verifies it, prints a summary and ends.

            EXAMPLES:
              margay agent
              margay agent --source directory:/srv/endpoints --node rack1-host1
              margay agent --source etcd:https://10.0.0.1:2379,https://10.0.0.2:2379
              margay agent --once

            EXIT CODES:
              0   ended by SIGTERM or SIGINT; with --once, everything is as wanted
              1   it could not start; with --once, something is not as wanted
            """)

    @Flag(help: "Apply once, verify, print a summary and end.")
    var once = false

    @OptionGroup var agent: AgentSettingsOptions

    @ParentCommand var root: Margay

    func run() async throws {
        ProcessMemory.keepTogether()
        let refusal = root.givePrivilegesUp(node: agent.node, source: agent.source)
        let loaded = try root.loadSettings(node: agent.node, source: agent.source)
        let level = Margay.startLogging(loaded.settings.logging)
        let logger = Logger(label: "margay")
        if let refusal {
            logger.warning("Rights that are not needed could not be given up", metadata: ["error": "\(refusal)"])
        }
        do {
            guard once else {
                let reload = AgentReload(load: root.settingsSource(node: agent.node, source: agent.source, again: true))
                {
                    settings in
                    level.current = LogLevel(settings.logging.level).current
                }
                try await AgentRun.forever(
                    loaded, reload: reload, logger: logger, environment: ProcessInfo.processInfo.environment)
                return
            }
            let report = try await AgentRun.once(loaded.settings, logger: logger)
            try StandardOutput.write(
                StatusTable(report, text: TerminalText(isColoured: StandardOutput.isTerminal)).table())
            if !report.isHealthy { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay agent: \(error)")
            throw ExitCode.failure
        }
    }
}
