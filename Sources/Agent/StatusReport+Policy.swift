import Dataplane
import Policy
import Resources
import Status

extension StatusReport.Policy {
    init(_ summary: PolicySummary) {
        let state: State =
            if !summary.exists {
                .missing
            } else if summary.isStaged {
                .staged
            } else {
                summary.localEndpoints > 0 ? .enforced : .idle
            }
        self.init(
            kind: summary.key.kind.rawValue, name: summary.name, tier: summary.tier, order: summary.order,
            types: summary.directions.map(\.rawValue), state: state, endpoints: summary.localEndpoints,
            notes: summary.notes)
    }
}

extension PolicySummary {
    /// What of it selects nothing, and so has no effect.
    var notes: [String] {
        guard exists else { return ["endpoints name it, and it does not exist"] }
        guard endpoints > 0 else {
            return [key.kind == .profile ? "no endpoint names it" : "selects no endpoint of the cluster"]
        }
        return idleSelectors.map { "\($0) selects nothing" }
    }

    /// The same as lines that say of whom they are.
    var remarks: [String] {
        notes.map { "\(key.policyWords): \($0)" }
    }
}
