import Dataplane
import DataplaneLinux
import NetworkValues
import NftablesNetlink
import Resources

/// A host whose rules are programmed in this process by the steps of the agent's loop, in the network namespace in which it
/// is made.
///
/// Its interfaces are made up, so routes, neighbours and parameters are rendered and planned, and then taken for done: what the
/// kernel takes for them is measured apart, with real interfaces.
final class RuledHost {
    private(set) var model: DataplaneModel
    private var kernel: LinuxDataplane

    /// What one round of the loop took.
    struct Step {
        /// From what is wanted to rules that were read back.
        var rules: Cost
        /// Ending what conntrack still knows of addresses that went or lead elsewhere; no peer does that. `nil` where that
        /// was left out.
        var flows: Cost?
        /// What was carried out, for replaying.
        var plan: Plan
    }

    /// Nothing is rendered yet, and nothing is in the kernel.
    init(_ model: consuming DataplaneModel) throws {
        kernel = try LinuxDataplane(options: model.options)
        self.model = model
    }

    /// The same, programmed.
    convenience init(_ count: Int, _ layout: DataplaneOptions.ChainLayout) throws {
        try self.init(World.model(count, layout))
        try apply()
    }

    func put(_ resources: [Resource]) { for resource in resources { model.put(resource) } }

    func remove(_ number: Int) {
        model.remove(ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "w\(number)"))
    }

    /// Makes the kernel's rules agree with the model, and reads them back.
    ///
    /// - Parameters:
    ///   - endingFlows: Whether running flows are looked for too. That walks megabytes of conntrack's, so that whatever is
    ///     measured next finds nothing of its own in the processor's caches.
    ///   - change: What the model is told first; it counts.
    /// - Throws: ``HarnessError`` when the kernel refuses anything or holds something else afterwards.
    @discardableResult
    func apply(endingFlows: Bool = false, _ change: (RuledHost) throws -> Void = { _ in }) throws -> Step {
        var whole = Plan()
        var rules = Plan()
        let cost = try Cost.of {
            try change(self)
            model.update()
            whole = Planner.plan(model.tracker)
            rules = whole
            rules.routing = []
            rules.sysctls = ParameterUpdates()
            rules.flows = FlowDebt()
            try carryOut(rules)
            try kernel.verify(rules, &model.tracker)
        }
        var flows = Plan()
        flows.flows = whole.flows
        let flowCost = endingFlows ? try Cost.of { try carryOut(flows) } : nil
        settleRouting(whole)
        guard !model.tracker.hasPending else {
            throw HarnessError(
                "not as wanted after it was read back: \(Planner.plan(model.tracker).steps) steps remain")
        }
        return Step(rules: cost, flows: flowCost, plan: rules)
    }

    /// Makes all of the kernel agree, routes and parameters as well; for a model without interfaces, which has hardly any.
    /// - Returns: What was carried out.
    @discardableResult
    func applyAll() throws -> Plan {
        model.update()
        let plan = Planner.plan(model.tracker)
        try carryOut(plan)
        try kernel.verify(plan, &model.tracker)
        guard !model.tracker.hasPending else { throw HarnessError("not as wanted after it was read back") }
        return plan
    }

    private func carryOut(_ plan: Plan) throws {
        let report = kernel.execute(plan, &model.tracker)
        guard report.isClean else { throw HarnessError("\(report)") }
    }

    private func settleRouting(_ plan: Plan) {
        for change in plan.routing {
            switch change {
            case .addRoute(let route): model.tracker.observe(route, isPresent: true)
            case .deleteRoute(let route): model.tracker.observe(route, isPresent: false)
            case .setNeighbour(let id, let entry): model.tracker.observe(id, entry)
            case .deleteNeighbour(let id): model.tracker.observe(id, nil)
            }
        }
        for change in plan.sysctls { model.tracker.observe(change.id, change.value) }
    }

    // MARK: What others did

    /// Compares all that is in the kernel with what is wanted; returns how many objects differ from what was believed.
    /// - Parameter believing: Without, all is read even if nobody has committed anything since the last time.
    func compare(believing: Bool = true) throws -> Int {
        if !believing { model.tracker.generation = nil }
        return model.observe(try kernel.snapshot(model.tracker)).count
    }

    /// Where a table with thousands of endpoints is gone, closes them first.
    func close() throws {
        guard let plan = model.closing() else { return }
        try carryOut(plan)
        try kernel.verify(plan, &model.tracker)
    }

    func monitor() throws -> NftablesMonitor { try kernel.rulesetMonitor() }

    /// Reads what a change touched; returns how many objects differ from what was believed.
    func look(at change: RulesetChange) throws -> Int {
        guard !change.isOverrun else { return try compare() }
        return try kernel.observe(TouchedObjects(change), &model.tracker).count
    }
}
