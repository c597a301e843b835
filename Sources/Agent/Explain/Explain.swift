import Dataplane
import DataplaneLinux
import Netlink
import NetworkValues
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
                return try Explainer(
                    resources, comparison.model, hostNetworks: try kernel.hostNetworks(), readsKernel: true
                ).explain(question)
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
}
