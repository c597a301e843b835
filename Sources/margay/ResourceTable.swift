import NetworkValues
import Resources
import Selectors
import Status

/// Resources of one kind as a table of at most 80 columns, with calicoctl's headings, and kubectl's for Kubernetes'.
struct ResourceTable {
    let text: String

    init(_ kind: ResourceKind, _ resources: [Resource]) {
        let rows = resources.map { (cells: Self.cells(of: $0), below: [String]()) }
        text = TextColumns(columns: Self.headings(of: kind)).lines(
            rows, width: 80, text: TerminalText(isColoured: StandardOutput.isTerminal)
        ).map { $0 + "\n" }.joined()
    }

    private static func headings(of kind: ResourceKind) -> [TextColumns.Column] {
        let name = TextColumns.Column(heading: "NAME", mayShrink: true)
        return switch kind {
        case .workloadEndpoint:
            [
                name, .init(heading: "WORKLOAD", mayShrink: true), .init(heading: "NODE", mayShrink: true),
                .init(heading: "NETWORKS", mayShrink: true), .init(heading: "INTERFACE"),
            ]
        case .profile:
            [
                name, .init(heading: "INGRESS", isNumber: true), .init(heading: "EGRESS", isNumber: true),
                .init(heading: "LABELS", mayShrink: true),
            ]
        case .networkPolicy, .globalNetworkPolicy, .stagedNetworkPolicy, .stagedGlobalNetworkPolicy:
            [
                name, .init(heading: "TIER", mayShrink: true), .init(heading: "ORDER", isNumber: true),
                .init(heading: "TYPES"), .init(heading: "SELECTOR", mayShrink: true),
            ]
        case .kubernetesNetworkPolicy, .stagedKubernetesNetworkPolicy:
            [name, .init(heading: "TYPES"), .init(heading: "POD-SELECTOR", mayShrink: true)]
        case .tier: [name, .init(heading: "ORDER", isNumber: true), .init(heading: "DEFAULTACTION")]
        case .networkSet, .globalNetworkSet: [name, .init(heading: "NETS", mayShrink: true)]
        case .namespace, .serviceAccount: [name, .init(heading: "LABELS", mayShrink: true)]
        }
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
            return [
                name, .init("\(profile.ingress.count)"), .init("\(profile.egress.count)"),
                list(labels(profile.labelsToApply)),
            ]
        case .networkPolicy(let policy):
            return [
                name, .init(policy.tier), order(policy.order), types(policy.directions),
                .init(policy.selector.description),
            ]
        case .kubernetesPolicy(let policy):
            return [name, types(policy.directions), list(conditions(policy.podSelector))]
        case .tier(let tier): return [name, order(tier.order), .init(tier.defaultAction.rawValue)]
        case .networkSet(let set): return [name, list(set.nets.map(\.description))]
        case .namespace, .serviceAccount: return [name, list(labels(resource.metadata.labels))]
        }
    }

    private static func list(_ texts: [String]) -> TextColumns.Cell {
        .init(texts.isEmpty ? "-" : texts.joined(separator: ","))
    }

    private static func labels(_ labels: [String: String]) -> [String] {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func order(_ order: Double?) -> TextColumns.Cell {
        .init(order.map { order in Int(exactly: order).map { "\($0)" } ?? "\(order)" } ?? "-")
    }

    private static func types(_ directions: Set<NetworkPolicy.Direction>) -> TextColumns.Cell {
        list(NetworkPolicy.Direction.allCases.filter(directions.contains).map(\.rawValue))
    }

    /// As kubectl writes them.
    private static func conditions(_ selector: KubernetesPolicy.LabelSelector) -> [String] {
        labels(selector.matchLabels)
            + selector.matchExpressions.map { requirement in
                let values = "(\(requirement.values.joined(separator: ",")))"
                return switch requirement.operator {
                case .isIn: "\(requirement.key) in \(values)"
                case .isNotIn: "\(requirement.key) notin \(values)"
                case .exists: requirement.key
                case .doesNotExist: "!\(requirement.key)"
                }
            }
    }
}
