import ArgumentParser
import Resources
import Settings
import Status

/// What commands that look at the kernel compare it with.
struct WantedState {
    var resources: [Resource]
    var settings: AgentSettings
    /// Endpoints that the agent holds although its source has lost them: they lose every contest with others.
    var yielding: Set<ResourceKey> = []
    /// Whether every document could be read.
    var isComplete = true
    var notes: [String] = []
}

/// What the commands that compare the kernel with something compare it with.
struct WantedOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Files or folders of resources (default: what the agent holds).", valueName: "path"),
        completion: .file())
    var paths: [String] = []

    @Option(help: ArgumentHelp("With PATH: the name of this node (default: the settings').", valueName: "name"))
    var node: String?
}

extension Margay {
    /// What is wanted by the files at the paths, or without paths by the running agent. Of a rejected document every
    /// violation goes to stderr.
    ///
    /// - Throws: `ExitCode.unreachable` or `ExitCode.failure`, after stderr was told why.
    func wantedState(at paths: [String], node: String?) async throws(ExitCode) -> WantedState {
        guard paths.isEmpty else {
            let settings = try loadSettings(node: node).settings
            let files = ResourceValidation(of: paths, settings)
            if !files.isValid {
                files.report()
            }
            // Nothing read is not the same as nothing wanted.
            guard files.failures.isEmpty else { throw .failure }
            return WantedState(
                resources: files.resources, settings: settings, isComplete: files.isValid,
                notes: [files.noteOnForeignNodes(settings)].compactMap(\.self))
        }
        let socket = try statusSocket()
        let client = StatusClient(socket: socket)
        do {
            let resources = try await client.acceptedResources(socket: socket)
            let document = Array(try await client.settingsDocument().utf8)
            let settings = try SettingsLoader.settings(document: document, name: socket)
            let report = try await client.status()
            let held = report.endpoints.filter { $0.heldSince != nil }.map {
                ResourceKey(kind: .workloadEndpoint, namespace: $0.namespace, name: $0.name)
            }
            return WantedState(
                resources: resources, settings: settings, yielding: Set(held),
                notes: [report.dataplane.heldWords].compactMap(\.self))
        } catch {
            StandardError.print("\(error)")
            throw (error as? StatusError)?.code == .unreachable ? .unreachable : .failure
        }
    }
}
