import Resources
import Settings

extension ResourceValidation {
    /// Checks all these files and folders as an agent with these settings would.
    init(of paths: [String], _ settings: AgentSettings) {
        self.init(reader: ResourceReader(allowWideNetworks: settings.allowWideNetworks))
        for path in paths {
            check(path)
        }
        finish()
    }

    /// Tells on stderr what is wrong or odd, for commands whose output is something else.
    func report() {
        for line in lines + failures {
            StandardError.print(line)
        }
    }

    /// A node that goes by another name than its endpoints say programs nothing, which is seldom meant.
    func noteOnForeignNodes(_ settings: AgentSettings) -> String? {
        let nodes = Set(
            resources.compactMap { resource -> String? in
                if case .workloadEndpoint(let endpoint) = resource { endpoint.node } else { nil }
            })
        guard !nodes.isEmpty, !nodes.contains(settings.node) else { return nil }
        let others = nodes.sorted().prefix(5).joined(separator: ", ")
        return "no endpoint is of node \(settings.node), they are of \(others); --node names the node"
    }
}
