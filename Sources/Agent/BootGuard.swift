import Dataplane
import DataplaneLinux
package import Settings

/// Closes workload interfaces for the time before an agent has run, or if none ever does.
package enum BootGuard {
    package enum Outcome: Hashable, Sendable {
        case closed
        /// Our tables are there: an agent's, or what one left. They say more than this would.
        case isFilteredAlready
        /// Interfaces that no endpoint claims are left open by the settings.
        case nothingToClose
    }

    /// Makes our tables as they are without any endpoint, if they are not there. Routes and neighbours stay as they are.
    ///
    /// An agent adopts these tables: what it adds for its endpoints is one transaction, and until that is there nothing
    /// passes.
    /// - Throws: ``AgentError`` when an agent works here or the kernel lacks something, `NetlinkError` when the kernel cannot
    ///   be talked to.
    package static func run(_ settings: AgentSettings) throws -> Outcome {
        let options = DataplaneOptions(settings)
        guard options.dropsUnknownInterfaces else { return .nothingToClose }
        let lock = try AgentLock()
        var kernel = try LinuxDataplane(options: options)
        var model = DataplaneModel(options: options)
        let missing = try kernel.missingFeatures()
        guard missing.isEmpty else { throw AgentError(missing.map(\.description).joined(separator: "\n")) }
        model.takePolicyChanges()
        model.setHost(try kernel.hostFacts(model.hostQuestion))
        model.update()
        var snapshot = try kernel.snapshot(model.tracker)
        guard snapshot.tables.states[.margay] == nil else { return .isFilteredAlready }
        // An agent knows whose they are.
        (snapshot.routes, snapshot.neighbours) = ([], [:])
        model.observe(snapshot)
        let plan = Planner.plan(model.tracker)
        if let error = kernel.execute(plan, &model.tracker).commitError { throw AgentError("\(error)") }
        try kernel.verify(plan, &model.tracker)
        guard !model.tracker.hasPending else { throw AgentError("the kernel does not hold what it acknowledged") }
        extendLifetime(lock)
        return .closed
    }
}
