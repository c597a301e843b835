import NetworkValues
import Resources
import Status

/// Resources of one kind as a table of at most 80 columns, with calicoctl's headings.
struct ResourceTable {
    let text: String

    init(_ kind: ResourceKind, _ resources: [Resource]) {
        let headings: [TextColumns.Column]
        switch kind {
        case .workloadEndpoint:
            headings = [
                .init(heading: "NAME", mayShrink: true), .init(heading: "WORKLOAD", mayShrink: true),
                .init(heading: "NODE", mayShrink: true), .init(heading: "NETWORKS", mayShrink: true),
                .init(heading: "INTERFACE"),
            ]
        case .profile:
            headings = [
                .init(heading: "NAME", mayShrink: true), .init(heading: "INGRESS", isNumber: true),
                .init(heading: "EGRESS", isNumber: true), .init(heading: "LABELS", mayShrink: true),
            ]
        default: headings = [.init(heading: "NAME", mayShrink: true)]
        }
        let rows = resources.map { (cells: Self.cells(of: $0), below: [String]()) }
        text = TextColumns(columns: headings).lines(
            rows, width: 80, text: TerminalText(isColoured: StandardOutput.isTerminal)
        ).map { $0 + "\n" }.joined()
    }

    private static func cells(of resource: Resource) -> [TextColumns.Cell] {
        let key = resource.key
        let name = TextColumns.Cell(key.namespace.map { "\($0)/\(key.name)" } ?? key.name)
        switch resource {
        case .workloadEndpoint(let endpoint):
            let workload = endpoint.workload ?? endpoint.pod ?? endpoint.containerID
            return [
                name, .init(workload ?? "-"), .init(endpoint.node ?? "-"),
                list(endpoint.ipNetworks.map(\.description)), .init(endpoint.interfaceName.rawValue),
            ]
        case .profile(let profile):
            let labels = profile.labelsToApply.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return [name, .init("\(profile.ingress.count)"), .init("\(profile.egress.count)"), list(labels)]
        default: return [name]
        }
    }

    private static func list(_ texts: [String]) -> TextColumns.Cell {
        .init(texts.isEmpty ? "-" : texts.joined(separator: ","))
    }
}
