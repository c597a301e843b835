package import SystemCalls

/// What the agent says about itself: the document of `margay status -o json`.
///
/// The field names are a stable interface; fields may be added. Every key is always present; `null` stands for what is
/// not known, an endpoint's MAC that the resource does not give for example. Times are RFC 3339 in UTC.
package struct StatusReport: Codable, Hashable, Sendable {
    package var node: String
    /// Whether the source was read completely and what it holds is in the kernel.
    package var ready: Bool
    /// From when the endpoints' rows are; `nil` when they were judged for this report. The agent answers with earlier rows
    /// while an apply takes long.
    @Nullable package var asOf: Timestamp?
    package var agent: Agent
    package var source: Source
    package var dataplane: Dataplane
    /// The endpoints of this node.
    package var endpoints: [Endpoint]
    /// All policies and profiles, those that judge none of these endpoints among them.
    @Listed package var policies: [Policy]

    package init(
        node: String, ready: Bool, asOf: Timestamp? = nil, agent: Agent, source: Source, dataplane: Dataplane,
        endpoints: [Endpoint], policies: [Policy] = []
    ) {
        self.node = node
        self.ready = ready
        self.asOf = asOf
        self.agent = agent
        self.source = source
        self.dataplane = dataplane
        self.endpoints = endpoints
        self.policies = policies
    }
}

extension StatusReport {
    package struct Agent: Codable, Hashable, Sendable {
        package var version: String
        package var pid: Int32
        package var startedAt: Timestamp

        package init(version: String = MargayVersion.current, pid: Int32, startedAt: Timestamp) {
            self.version = version
            self.pid = pid
            self.startedAt = startedAt
        }
    }

    /// Where the resources come from, and how far that is to be believed.
    package struct Source: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            case inSync, syncing, reconnecting, stale
        }

        /// `directory`, `etcd` or `kubernetes`.
        package var kind: String
        /// The folder or address.
        package var location: String
        package var state: State
        /// Seconds since the source was last known to be in sync, or if it never was, since it has been as it is; 0 while
        /// it is.
        package var ageSeconds: Double
        /// How often it was in sync again after it was out of reach, since the agent started.
        @Counted package var reconnects: Int
        /// Why it was last out of reach, also once it is back; `nil` if it never was since the agent started.
        @Nullable package var lastError: Failure?
        package var rejected: [Rejected]

        package init(
            kind: String, location: String, state: State, ageSeconds: Double = 0, reconnects: Int = 0,
            lastError: Failure? = nil, rejected: [Rejected] = []
        ) {
            self.kind = kind
            self.location = location
            self.state = state
            self.ageSeconds = ageSeconds
            self.reconnects = reconnects
            self.lastError = lastError
            self.rejected = rejected
        }

        /// A failure to read or follow the source.
        package struct Failure: Codable, Hashable, Sendable {
            package var at: Timestamp
            /// In one line: where, what was tried, what came of it and what to do.
            package var message: String

            package init(at: Timestamp, message: String) {
                self.at = at
                self.message = message
            }
        }
    }

    /// A document of the source that was not accepted.
    package struct Rejected: Codable, Hashable, Sendable {
        /// The resource's identity such as `WorkloadEndpoint default/web`, or the file when it cannot be read.
        package var resource: String
        /// `file:line:column`
        package var location: String
        package var message: String
        /// Whether an earlier version of the resource stays programmed.
        package var lastGoodKept: Bool

        package init(resource: String, location: String, message: String, lastGoodKept: Bool) {
            self.resource = resource
            self.location = location
            self.message = message
            self.lastGoodKept = lastGoodKept
        }
    }
}
