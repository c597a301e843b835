package import Dataplane
import Glibc
import Netlink
import NetworkValues
import Nftables
package import NftablesNetlink
import Routing

/// What the kernel said against a plan.
package struct ExecutionReport: Sendable {
    /// The transaction took no effect, or nobody knows. What comes after it was not tried then.
    package var commitError: CommitError?
    /// What of the transaction the kernel refused; empty unless it refused it.
    package var refusals: [Refusal] = []
    /// Routes, neighbours and parameters that the kernel refused; each stands for itself.
    package var failures: [ObjectID: String] = [:]
    /// How many running flows ended, by the reason.
    package var endedFlows: [FlowEnding: Int] = [:]
    /// Why flows that should have ended may run on. They stay owed, see ``DataplaneTracker/owedFlows``.
    package var flowFailure: String?
    /// From when until when running flows were looked for; `nil` if they were not.
    package var flowWork: Range<SuspendingClock.Instant>?
    /// Whether flows stay owed because ending them was put off.
    package var hasPutOffFlows = false

    package init() {}

    package var isClean: Bool { commitError == nil && failures.isEmpty && flowFailure == nil }
}

/// What of a plan is about to be carried out.
package enum ExecutionPart: Hashable, Sendable {
    case transaction, routing, flows, parameters
}

extension LinuxDataplane {
    /// How many routes and neighbours are told of at once; a few hundredths of a second of the kernel's time.
    private static var changesPerPart: Int { 4096 }

    /// Carries out a plan, in its order, and says what the kernel refused. Says nothing about what is there now: that
    /// is ``verify(_:_:)``'s to read.
    /// - Parameters:
    ///   - tracker: Keeps which flows are still to be ended; those that end are judged by what it wants.
    ///   - putsOffFlows: Whether all of them are left for later.
    ///   - willBegin: Called before each call to the kernel that may take a while.
    package mutating func execute(
        _ plan: Plan, _ tracker: inout DataplaneTracker, putsOffFlows: Bool = false,
        willBegin: (ExecutionPart) -> Void = { _ in }
    ) -> ExecutionReport {
        var report = ExecutionReport()
        do throws(CommitError) {
            let transactions = plan.transactions
            for transaction in transactions.dropLast() {
                willBegin(.transaction)
                try commit(transaction, &report)
            }
            willBegin(.transaction)
            try commit(countingOn(plan.transaction), &report)
        } catch {
            report.commitError = error
            // What the kernel did not do is planned again; what it may have done would not be.
            if case .unknown = error { tracker.owedFlows = plan.flows }
            // Without its filter nothing may be routed to or from an endpoint.
            return report
        }
        for start in stride(from: 0, to: plan.routing.count, by: Self.changesPerPart) {
            willBegin(.routing)
            route(plan.routing[start..<min(start + Self.changesPerPart, plan.routing.count)], &report)
        }
        if putsOffFlows, !plan.flows.isEmpty {
            tracker.owedFlows = plan.flows
            report.hasPutOffFlows = true
        } else if !plan.flows.isEmpty {
            willBegin(.flows)
            endFlows(plan.flows, &tracker, &report)
        }
        for change in plan.sysctls {
            willBegin(.parameters)
            do throws(SysctlError) {
                try sysctl.write(change.value, to: SysctlKey(change.id))
            } catch {
                report.failures[.sysctl(change.id)] = "\(error)"
            }
        }
        return report
    }

    /// Has rules count on that are written anew beside another that changes. What they count between here and the commit is
    /// lost.
    ///
    /// - Returns: The transaction as it is where the counters cannot be read: they are no reason not to change rules.
    private mutating func countingOn(_ transaction: Transaction) -> Transaction {
        var counted: [Table: [String: [CountedRule]]] = [:]
        for (table, chains) in transaction.rewrittenChains {
            guard chains.count <= Self.fewObjects else {
                counted[table] = (try? nftables.countedRules(in: table, chain: nil)) ?? [:]
                continue
            }
            for chain in chains {
                counted[table, default: [:]][chain] =
                    (try? nftables.countedRules(in: table, chain: chain))?[chain] ?? []
            }
        }
        return transaction.countingOn(from: counted)
    }

    private mutating func commit(_ transaction: Transaction, _ report: inout ExecutionReport) throws(CommitError) {
        do throws(CommitError) {
            try nftables.commit(transaction)
        } catch {
            if case .refused(let refusal) = error { report.refusals = refusal.refusals(of: transaction) }
            throw error
        }
    }

    /// Asks the kernel whether it would take the plan's transactions; nothing changes.
    /// - Returns: What it says against them, or `nil`.
    package mutating func refusal(of plan: Plan) -> String? {
        var whole = plan.preparation
        for operation in plan.transaction.operations { whole.append(operation) }
        do throws(CommitError) {
            try nftables.check(whole)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private mutating func route(_ changes: ArraySlice<Plan.RoutingChange>, _ report: inout ExecutionReport) {
        do throws(NetlinkError) {
            let results = try routing.apply(changes.map { RoutingChange($0, options) })
            for (change, error) in zip(changes, results) {
                // Exactly this route is there already, which is what was wanted.
                guard let error, !(error.errno == EEXIST && change.isAddition) else { continue }
                report.failures[change.object] = "\(error)"
            }
        } catch {
            for change in changes {
                report.failures[change.object] = "\(error)"
            }
        }
    }
}

extension TransactionError {
    fileprivate func refusals(of transaction: Transaction) -> [Refusal] {
        failures.map { failure in
            let operation = failure.operation.map { transaction.operations[$0] }
            return Refusal(
                objects: operation?.objects(element: failure.element) ?? [], errno: failure.error.errno,
                words: "\(failure.error)")
        }
    }
}

extension RoutingChange {
    fileprivate init(_ change: Plan.RoutingChange, _ options: DataplaneOptions) {
        switch change {
        // Somebody's route to the same address survives, and ours is the one that is used.
        case .addRoute(let route): self = .prependRoute(route)
        case .deleteRoute(let route): self = .deleteRoute(route)
        case .setNeighbour(let id, let entry):
            self = .replaceNeighbour(Neighbour(id, entry, protocol: RouteProtocol(rawValue: options.routeProtocol)))
        case .deleteNeighbour(let id): self = .deleteNeighbour(Neighbour(id))
        }
    }
}

extension Plan.RoutingChange {
    var isAddition: Bool {
        if case .addRoute = self { true } else { false }
    }

    fileprivate var object: ObjectID {
        switch self {
        case .addRoute(let route), .deleteRoute(let route): .route(route)
        case .setNeighbour(let id, _), .deleteNeighbour(let id): .neighbour(id)
        }
    }
}

extension Neighbour {
    /// The entry by what the kernel knows it by.
    init(_ id: NeighbourID) {
        self =
            id.isProxy
            ? .proxy(id.address, interfaceIndex: id.interfaceIndex)
            : Neighbour(id.address, interfaceIndex: id.interfaceIndex)
    }

    fileprivate init(_ id: NeighbourID, _ entry: NeighbourEntry, protocol: RouteProtocol) {
        switch entry {
        case .permanent(let address):
            self = Neighbour(
                id.address, interfaceIndex: id.interfaceIndex, linkLayerAddress: address, protocol: `protocol`)
        case .proxy(let isRouter):
            self = .proxy(id.address, interfaceIndex: id.interfaceIndex, isRouter: isRouter, protocol: `protocol`)
        }
    }
}
