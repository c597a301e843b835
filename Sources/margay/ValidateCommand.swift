import ArgumentParser
import Settings
import Status

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks resources, in files or in the source; needs neither root nor an agent.",
        discussion: """
            Reads files, and the *.yaml, *.yml and *.json files of folders and the folders in them, as the agent does, \
            and prints every violation as file:line:column: error: field: text. Warnings are printed and do no harm.

            Without PATH it reads once all that the source holds, the settings' or the one that --source names, with \
            the settings' user and certificates; what etcd's keys hold is printed as key:line:column: error: field: \
            text. Beyond these, of the settings only allowWideNetworks counts.

            EXAMPLES:
              margay validate web.yaml
              margay validate /etc/margay/resources.d
              margay validate
              margay validate --source etcd:https://10.0.0.1:2379

            EXIT CODES:
              0  every resource would be accepted
              1  some would not, or a file or the source cannot be read
            """)

    @ParentCommand var root: Margay

    @Argument(
        help: ArgumentHelp("Files or folders (default: what the source holds).", valueName: "path"),
        completion: .file())
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "Without PATH: the source, as directory:/path or etcd:https://host:2379 (default: the settings').",
            valueName: "source"))
    var source: String?

    func validate() throws {
        if !paths.isEmpty, source != nil {
            throw ValidationError("Name either files and folders or a source.")
        }
    }

    func run() async throws {
        let settings = try root.loadSettings(source: source).settings
        let validation = try await check(settings)
        try StandardOutput.write(lines: validation.lines)
        for failure in validation.failures {
            StandardError.print(failure)
        }
        try StandardOutput.write(validation.summary + "\n")
        if !validation.isValid {
            throw ExitCode.failure
        }
    }

    private func check(_ settings: AgentSettings) async throws(ExitCode) -> ResourceValidation {
        guard paths.isEmpty else { return ResourceValidation(of: paths, settings) }
        do {
            return try await ResourceValidation(ofSource: settings)
        } catch {
            StandardError.print("\(error)".printable)
            throw .failure
        }
    }
}
