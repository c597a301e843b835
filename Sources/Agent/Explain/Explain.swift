import Dataplane
import DataplaneLinux
import Netlink
import NetworkValues
import Nftables
package import Resources
package import Settings

package enum Explain {
    /// Answers a question by what resources ask for, and by what the kernel holds.
    /// - Parameters:
    ///   - yielding: Those among the endpoints that lose every contest with others.
    ///   - readsKernel: Whether the kernel is read, over a socket of its own. Where it cannot be, a note says why.
    /// - Throws: ``ExplainError`` when the question has no answer.
    package static func answer(
        _ question: ExplainQuestion, _ resources: [Resource], _ settings: AgentSettings,
        yielding: Set<ResourceKey> = [], readsKernel: Bool
    ) throws -> Explanation {
        var note: String?
        if readsKernel {
            do {
                let comparison = try KernelComparison(resources, settings, yielding: yielding)
                var kernel = try LinuxDataplane(options: comparison.model.options)
                var explanation = try Explainer(
                    resources, comparison.model, hostNetworks: try kernel.hostNetworks(), readsKernel: true
                ).explain(question)
                for (index, finding) in (explanation.kernel?.findings ?? []).enumerated() {
                    guard let decision = finding.decision else { continue }
                    explanation.kernel?.findings[index].decision?.counter = try counter(of: decision, &kernel)
                }
                explanation.notes += try othersNotes(comparison.model, &kernel)
                return explanation
            } catch let error as NetlinkError {
                note = "this is what is wanted; the kernel could not be asked: \(error)"
            }
        }
        let model = DataplaneModel(rendering: resources, settings, yielding: yielding)
        let gateways = [Skeleton.gateway] + model.hostQuestion.gateways
        var explanation = try Explainer(
            resources, model, hostNetworks: gateways.map { IPPrefix(host: $0) }, readsKernel: false
        ).explain(question)
        explanation.notes += [note].compactMap(\.self)
        return explanation
    }

    /// Chains of other programs that drop, or may, what ours let pass.
    private static func othersNotes(
        _ model: DataplaneModel, _ kernel: inout LinuxDataplane
    ) throws(NetlinkError) -> [String] {
        let families = Set(IPFamily.allCases.filter(model.isUsed))
        return ForeignChain.judge(try kernel.foreignBaseChains(), families: families)
            .map { $0.text(prefixes: model.options.interfacePrefixes) }
    }

    /// A rule of a policy may be several of the chain's, which have its comment in common.
    private static func counter(
        of decision: Explanation.Decision, _ kernel: inout LinuxDataplane
    ) throws(NetlinkError) -> CounterValue? {
        let rules = try kernel.countedRules(of: decision.chain)
        guard let comment = decision.comment else {
            return rules.indices.contains(decision.index) ? rules[decision.index].counter : nil
        }
        let counters = rules.filter { $0.rule.comment == comment }.compactMap(\.counter)
        return counters.isEmpty ? nil : counters.reduce(CounterValue(), +)
    }
}
