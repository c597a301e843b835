import ArgumentParser
import Settings

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks and shows the configuration.",
        discussion: """
            The configuration is read as the agent reads it: the file (--config, or /etc/margay/margay.yaml), then the \
            *.yaml, *.yml and *.json files of the folder beside it (/etc/margay/margay.d) in the order of their names, \
            then variables such as MARGAY_NAT_OUTBOUND, then options. For every key the last that says something wins; \
            lists replace each other.

            EXIT CODES:
              0  the configuration is valid
              1  it is not; every violation was printed
            """,
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

/// Options of the agent that are settings.
struct AgentSettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The name of this node (default: the host's name).", valueName: "name"))
    var node: String?

    @Option(
        help: ArgumentHelp(
            "Where resources come from: directory:/path or etcd:https://host:2379 (kubernetes: not in this version).",
            valueName: "source"))
    var source: String?
}
