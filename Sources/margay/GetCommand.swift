import ArgumentParser
import Resources
import Status

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Shows the resources that the agent has accepted.",
        discussion: """
            Asks the running agent over its socket (--socket). With -o yaml or -o json every field comes out as it \
            went in, in the format it came in: one resource if NAME is given, else a List. KIND is one of \
            \(kinds), in any case, singular, plural or short (wep, pro). Resources of other nodes are shown too.

            EXAMPLES:
              margay get wep                    every workload endpoint
              margay get wep web -o yaml        one of them as a document
              margay get wep -n default -o json | jq -r '.items[].metadata.name'
              margay get profiles

            EXIT CODES:
              0  shown, even if there is none
              1  no resource has the NAME, or the agent's answer cannot be read
              3  the agent cannot be reached
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, yaml, json
    }

    @ParentCommand var root: Margay

    @Argument(help: ArgumentHelp("Such as workloadendpoint or wep.", valueName: "kind"))
    var kind: KindArgument

    @Argument(help: ArgumentHelp("Show only this: a name, or namespace/name.", valueName: "name"))
    var name: String?

    @Option(name: .shortAndLong, help: "Show only resources of this namespace (default: of all).")
    var namespace: String?

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.table

    private static var kinds: String {
        ResourceKind.allCases.compactMap(\.names.first).joined(separator: ", ")
    }

    func run() async throws {
        let socket = try root.statusSocket()
        do {
            let selected = try await StatusClient(socket: socket).acceptedResources(socket: socket).filter(isSelected)
            if let name, selected.isEmpty {
                let place = namespace.map { " in namespace \($0)" } ?? ""
                StandardError.print(
                    "The agent holds no \(kind.kind.rawValue) \"\(name)\"\(place); margay get \(kind.kind.names.last ?? "") lists them."
                )
                throw ExitCode.failure
            }
            try StandardOutput.write(try rendered(selected))
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("\(error)")
            throw (error as? StatusError)?.code == .unreachable ? ExitCode.unreachable : ExitCode.failure
        }
    }

    private func isSelected(_ resource: Resource) -> Bool {
        let key = resource.key
        // A kind without namespaces is in all of them.
        let isInNamespace = namespace == nil || key.namespace == nil || key.namespace == namespace
        return key.kind == kind.kind && isInNamespace
            && (name == nil || name == key.name || name == key.namespace.map { "\($0)/\(key.name)" })
    }

    private func rendered(_ resources: [Resource]) throws -> String {
        let json = name != nil && resources.count == 1 ? resources[0].json : ResourceList.json(resources)
        switch output {
        case .table: return resources.isEmpty ? "" : ResourceTable(kind.kind, resources).text
        case .yaml: return try DocumentText(json: json).yaml
        case .json: return try DocumentText(json: json).json + "\n"
        }
    }
}
