package import Dataplane
import NetworkValues
package import Resources
package import Settings

/// What is in the kernel against what should be, found by reading the kernel anew.
package struct CheckResult: Sendable {
    package struct Row: Sendable {
        package let endpoint: String
        package let interface: String
        package let state: EndpointState
    }

    package var rows: [Row]
    /// What is missing, altered, or there and unwanted; a line each.
    package var findings: [String]
    /// Worth knowing, and nothing wrong.
    package var notes: [String]

    package var isClean: Bool { findings.isEmpty && rows.allSatisfy { $0.state.phase == .up } }
}

package enum Check {
    /// Reads everything of ours over a socket of its own and compares it with what `resources` ask for.
    package static func run(_ resources: [Resource], _ settings: AgentSettings) throws -> CheckResult {
        let comparison = try KernelComparison(resources, settings)
        let (model, options) = (comparison.model, comparison.model.options)
        let rows = model.endpoints.keys.sorted().compactMap { key in
            model.state(of: key).map {
                CheckResult.Row(
                    endpoint: key.shortName, interface: model.endpoints[key]?.interfaceName.rawValue ?? "", state: $0)
            }
        }
        let known = Set(model.endpoints.values.map(\.interfaceName))
        let unknown = comparison.interfaces.keys.filter { name in
            !known.contains(name) && options.interfacePrefixes.contains { name.rawValue.hasPrefix($0) }
        }
        let fate = options.dropsUnknownInterfaces ? "closed" : "open (unknownInterfaces: ignore)"
        return CheckResult(
            rows: rows, findings: findings(in: model),
            notes: unknown.sorted().map { "interface \($0) has no endpoint: \(fate)" })
    }

    private static func findings(in model: DataplaneModel) -> [String] {
        model.tracker.differences.map { difference in
            let object = model.describe(difference.object)
            return switch difference.kind {
            case .missing: "missing: \(object)"
            case .altered: "altered: \(object)"
            case .unwanted: "unwanted: \(object)"
            }
        }.sorted()
    }
}
