import Agent
import ArgumentParser
import Datastore
import Logging
import Resources
import Settings
import Status

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compares the live kernel with what it should hold.",
        discussion: """
            What is wanted comes from the running agent, or with PATH from files, and then no agent is needed. What is \
            there is read from the kernel by this command itself: every chain, set and map element, route, neighbour \
            and parameter. Needs root.

            EXAMPLES:
              margay check
              margay check /etc/margay/resources.d

            EXIT CODES:
              0  the kernel is as wanted and every endpoint is up
              1  it is not; a line tells each difference
              3  the agent cannot be reached
            """)

    @Argument(help: "A file or folder of resources (default: what the agent holds).", completion: .file())
    var path: String?

    @Option(help: ArgumentHelp("With PATH: the name of this node (default: the settings').", valueName: "name"))
    var node: String?

    @ParentCommand var root: Margay

    func run() async throws {
        let (resources, settings) = try await wanted()
        do {
            let result = try Check.run(resources, settings)
            for line in CheckTable.lines(result) {
                print(line)
            }
            if !result.isClean { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay check: \(error)")
            throw ExitCode.failure
        }
    }

    private func wanted() async throws -> ([Resource], AgentSettings) {
        if let path {
            return try await wanted(at: path)
        }
        let socket = try root.statusSocket()
        let client = StatusClient(socket: socket)
        do {
            // The agent has accepted these: wide networks are its decision, not ours.
            let reader = ResourceReader(allowWideNetworks: true)
            let documents = reader.documents(in: Array(try await client.resources().utf8), file: socket)
            let settings = Array(try await client.settingsDocument().utf8)
            return (documents.compactMap(\.resource), try SettingsLoader.settings(document: settings, name: socket))
        } catch {
            StandardError.print("\(error)")
            throw (error as? StatusError)?.code == .unreachable ? ExitCode.unreachable : ExitCode.failure
        }
    }

    private func wanted(at path: String) async throws -> ([Resource], AgentSettings) {
        let settings = try root.loadSettings(node: node, source: "directory:\(path)").settings
        Margay.startLogging(settings.logging)
        do {
            let events = try await AgentRun.datastore(settings, logger: Logger(label: "margay")).snapshot()
            var resources: [Resource] = []
            for event in events {
                switch event {
                case .put(let resource, _): resources.append(resource)
                case .rejections(let rejected):
                    for item in rejected {
                        StandardError.print("\(item.location): rejected: \(item.message)")
                    }
                default: break
                }
            }
            return (resources, settings)
        } catch {
            StandardError.print("margay check: \(error)")
            throw ExitCode.failure
        }
    }
}

extension DecodedDocument {
    var resource: Resource? {
        if case .accepted(let resource) = outcome { resource } else { nil }
    }
}
