import Dataplane
import Nftables

extension Rendering {
    /// What `nft -f` loads in place of our tables; what is not in nftables follows as comments.
    ///
    /// Lines that start with `# ` are commands for a shell, in the order in which the agent does the same; prose starts
    /// with `##`.
    package var text: String {
        var sections = [
            Table.owned.map { TableText.deletion(of: $0) }.joined()
                + "## Node \(node): \(endpointCount) \(endpointCount == 1 ? "endpoint" : "endpoints"). "
                + "Loading this replaces both tables.\n"
        ]
        sections += tables.map(\.definition)
        for (heading, commands) in [
            ("Neighbours", neighbours.map(\.text)), ("Routes", routes.map(\.text)),
            ("Kernel parameters", sysctls.map(\.text)),
        ] where !commands.isEmpty {
            sections.append("## \(heading)\n" + commands.map { "# \($0)\n" }.joined())
        }
        return sections.joined(separator: "\n")
    }
}
