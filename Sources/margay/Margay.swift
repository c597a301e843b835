import ArgumentParser
import Settings
import Status

/// The command `margay`: one file per subcommand beside this one.
@main
struct Margay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "margay",
        abstract: "Makes this host's kernel agree with Calico workload endpoints.",
        usage: "margay [<global options>] <subcommand>",
        discussion: """
            One agent per node reads WorkloadEndpoint resources and programs host routes, 1:1 NAT, chains and source \
            filters over netlink. The other commands ask it, or look at the kernel or at files themselves.

            The options below are accepted before and after the subcommand. Settings come from the configuration \
            file and the fragments beside it, then from variables such as MARGAY_NODE or MARGAY_NAT_OUTBOUND, then \
            from options; the later wins.

            EXAMPLES:
              margay validate /etc/margay/resources.d
              margay status -o wide
              margay diff /etc/margay/resources.d
              margay --socket /run/margay/other.sock status web

            EXIT CODES:
              0   as wanted
              1   not as wanted, or the command failed; the text says which
              3   the agent cannot be reached
              64  wrong usage
            """,
        version: MargayVersion.current,
        subcommands: [
            AgentCommand.self, StatusCommand.self, WaitCommand.self, GetCommand.self, ValidateCommand.self,
            RenderCommand.self, DiffCommand.self, CheckCommand.self, ExplainCommand.self, ConfirmCommand.self,
            ConfigCommand.self,
            GuardCommand.self,
            CleanupCommand.self, VersionCommand.self,
        ])

    @OptionGroup(title: "Global options")
    var global: GlobalOptions

    static func main() async {
        StandardOutput.reserveClosedStreams()
        await main(nil)
    }
}

/// Options of every subcommand.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file, YAML or JSON (default: /etc/margay/margay.yaml).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?

    @Option(
        help: ArgumentHelp("The agent's Unix socket (default: status.socket of the settings).", valueName: "path"),
        completion: .file())
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "What is logged to stderr (default: logging.level of the settings).", valueName: "level"))
    var logLevel: AgentSettings.Logging.Level?
}

extension AgentSettings.Logging.Level: ExpressibleByArgument {}
