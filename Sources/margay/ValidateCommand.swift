import ArgumentParser
import Settings

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks resource files; needs neither root nor an agent.",
        discussion: """
            Reads files, and the *.yaml, *.yml and *.json files of folders and the folders in them, as the agent does, \
            and prints every violation as file:line:column: error: field: text. Warnings are printed and do no harm. \
            Of the settings only allowWideNetworks counts.

            EXAMPLES:
              margay validate web.yaml
              margay validate /etc/margay/resources.d

            EXIT CODES:
              0  every resource would be accepted
              1  some would not, or a file cannot be read
            """)

    @ParentCommand var root: Margay

    @Argument(help: ArgumentHelp("A file or folder.", valueName: "path"), completion: .file())
    var paths: [String]

    func validate() throws {
        if paths.isEmpty {
            throw ValidationError("Name at least one file or folder.")
        }
    }

    func run() throws {
        let settings = try root.loadSettings().settings
        let validation = ResourceValidation(of: paths, settings)
        try StandardOutput.write(lines: validation.lines)
        for failure in validation.failures {
            StandardError.print(failure)
        }
        try StandardOutput.write(validation.summary + "\n")
        if !validation.isValid {
            throw ExitCode.failure
        }
    }
}
