import Agent
import ArgumentParser
import Settings

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Prints what would be programmed; needs neither root nor an agent.",
        discussion: """
            Reads files and folders as the agent does, takes every interface to be there and up, and prints nft text \
            that replaces our tables when it is loaded. Routes, neighbours and kernel parameters follow as comments: \
            lines that start with "# " are commands. Of a resource that is rejected the violations go to stderr, and \
            then nothing is printed.

            EXAMPLES:
              margay render /etc/margay/resources.d --node rack1-host1
              margay render web.yaml open.yaml | nft -c -f -
              margay render web.yaml open.yaml | sed -n 's/^# //p'
              margay render web.yaml -o json | jq '.routes[].destination'

            EXIT CODES:
              0  printed
              1  a resource would be rejected, or a file cannot be read
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case nft, json
    }

    @ParentCommand var root: Margay

    @Argument(help: ArgumentHelp("A file or folder.", valueName: "path"), completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("The name of the node (default: the settings').", valueName: "name"))
    var node: String?

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.nft

    func validate() throws {
        if paths.isEmpty {
            throw ValidationError("Name at least one file or folder.")
        }
    }

    func run() throws {
        let settings = try root.loadSettings(node: node).settings
        let files = ResourceValidation(of: paths, settings)
        files.report()
        guard files.isValid else { throw ExitCode.failure }
        let rendering = Rendering(files.resources, settings)
        for note in rendering.notes {
            StandardError.print("note: \(note)")
        }
        if let note = files.noteOnForeignNodes(settings) {
            StandardError.print("note: \(note)")
        }
        switch output {
        case .nft: try StandardOutput.write(rendering.text)
        case .json: try StandardOutput.write(try rendering.json() + "\n")
        }
    }
}
