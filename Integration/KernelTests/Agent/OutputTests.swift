import Status
import Testing

/// Where the output of commands goes, whether or not somebody reads it.
struct OutputTests {
    private let scene: QuietScene
    private let agent: RunningAgent

    init() throws {
        scene = try QuietScene()
        agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
    }

    private static let commands = [
        ["status"], ["status", "-o", "json"], ["status", "--brief", "--watch"], ["check"], ["diff"],
        ["get", "wep", "-o", "yaml"], ["render", "."], ["validate", "."], ["version"],
    ]

    /// Runs a command line in a shell in which `"$@"` stands for the program and its arguments.
    private func shell(_ line: String, _ arguments: [String]) throws -> CommandResult {
        let paths = arguments.map { $0 == "." ? scene.installation.resources : $0 }
        return try scene.installation.command(paths, through: ["sh", "-c", line, "sh"]).run()
    }

    @Test(arguments: commands)
    func whatCannotBeWrittenIsAnError(arguments: [String]) throws {
        let result = try shell("\"$@\" >/dev/full", arguments)
        #expect(result.exitCode == 1)
        #expect(result.errors == "cannot write to standard output: No space left on device\n")
    }

    /// As `head` does, in the middle of a watch for example.
    @Test(arguments: commands)
    func aReaderThatGoesAwayEndsTheCommandWithoutAWord(arguments: [String]) throws {
        let line = """
            turn=\(scene.installation.folder)/turn
            rm -f $turn; mkfifo $turn
            { read -r go <$turn; "$@"; echo "status $?" >&2; } | { exec <&-; echo go >$turn; }
            """
        #expect(try shell(line, arguments).errors == "status 141\n")
        let watched = try shell("\"$@\" --brief --watch | head -n 2", ["status"])
        #expect(
            watched.output
                == String(
                    repeating: "node1: healthy: 1 of 1 endpoint up, source in sync, dataplane applied\n", count: 2))
    }

    @Test(arguments: commands.filter { !$0.contains("--watch") })
    func closedStreamsAreAsGoodAsNone(arguments: [String]) throws {
        #expect(try shell("\"$@\" <&- >&- 2>&-", arguments).exitCode == 0)
        #expect(try shell("\"$@\" <&- >&-", arguments).errors == "")
        #expect(try agent.status().ready)
    }

    @Test(arguments: [["status"], ["validate", "."], ["version"]])
    func anUnknownLogLevelIsWrongUsageEverywhere(arguments: [String]) throws {
        for arguments in [["--log-level", "loud"] + arguments, arguments + ["--log-level", "loud"]] {
            let result = try shell("\"$@\"", arguments)
            #expect(result.exitCode == 64)
            #expect(result.errors.contains("'loud'") && result.errors.contains("warning"), "\(result)")
        }
        #expect(try shell("\"$@\"", arguments + ["--log-level", "debug"]).exitCode == 0)
    }
}
