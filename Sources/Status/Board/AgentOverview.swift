package import Policy

/// How the agent stood when its reconcile loop last came to a rest. Cheap to make and to copy, whatever the number of
/// endpoints.
package struct AgentOverview: Sendable {
    /// The source, and since when it has been as it is.
    package struct Source: Sendable {
        package var state: StatusReport.Source.State
        package var since: ContinuousClock.Instant
        /// When it was last known to be in sync; `nil` if it never was.
        package var lastInSync: ContinuousClock.Instant?
        /// Why it is out of reach; empty while it is not.
        package var problem: String
        /// How often it was in sync again after it was out of reach.
        package var reconnects = 0
        /// Why it was last out of reach, also once it is back.
        package var lastError: StatusReport.Source.Failure?
        package var rejected: [StatusReport.Rejected]

        package init(
            state: StatusReport.Source.State = .syncing, since: ContinuousClock.Instant,
            lastInSync: ContinuousClock.Instant? = nil, problem: String = "", rejected: [StatusReport.Rejected] = []
        ) {
            self.state = state
            self.since = since
            self.lastInSync = lastInSync
            self.problem = problem
            self.rejected = rejected
        }
    }

    package var source: Source
    package var dataplane: StatusReport.Dataplane
    /// What the kernel or the connection to it last failed at; `nil` once all is as wanted.
    package var problem: String?
    /// Whether all that a complete source asked for was once read back from the kernel. Stays true from then on.
    package var hasApplied = false
    /// How many objects of ours the kernel holds, by kind: `chain`, `element`, `route`.
    package var kernelObjects: [String: Int] = [:]
    /// The routing table that endpoints' routes stand in.
    package var routeTable: UInt32 = 254
    /// Endpoints that the source has no more and the kernel still does.
    package var leaving: [EndpointStanding] = []
    package var figures = AgentFigures()
    /// How many objects somebody else changes again and again.
    package var disputes = 0
    package var policies = PolicyCounts()

    package init(source: Source, dataplane: StatusReport.Dataplane) {
        self.source = source
        self.dataplane = dataplane
    }
}

/// What has happened since the agent started, counted.
package struct AgentFigures: Hashable, Sendable {
    package var repairs: [StatusReport.Repair.Change: UInt64] = [:]
    package var endedFlows: [FlowEnding: UInt64] = [:]
    /// How often the source was read from the start.
    package var sourceReadings: UInt64 = 0
    /// How often everything was compared with the kernel.
    package var comparisons: UInt64 = 0
    /// How long each apply took, its read-back included.
    package var applies = Histogram(upperBounds: Histogram.seconds)
    /// From the latest event that an endpoint waited for, its resource or its interface, to its read-back.
    package var programming = Histogram(upperBounds: Histogram.seconds)
    /// How long the first apply took, which adopts or makes everything.
    package var firstApply: Double?

    /// Why a running flow was ended.
    package enum FlowEnding: String, Hashable, Sendable, CaseIterable {
        case address, nat, policy
    }

    package init() {}
}
