package import SystemCalls

extension StatusReport {
    /// One workload endpoint of this node.
    package struct Endpoint: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            /// Read back from the kernel.
            case up
            /// The interface exists and is not running.
            case down
            /// There is no such interface.
            case pending
            /// Closed by a rule of ours: a MAC that cannot be enforced, or the administrator.
            case blocked
            case conflict
            case error
        }

        /// How far a network or an address translation has come.
        package enum Progress: String, Codable, Hashable, Sendable, CaseIterable {
            case programmed, pending, conflict, error
        }

        package var name: String
        package var namespace: String
        @Nullable package var workload: String?
        @Nullable package var orchestrator: String?
        package var interfaceName: String
        package var state: State
        /// Why the state is what it is; empty when there is nothing to say.
        package var reason: String
        package var macFilter: MACFilter
        package var networks: [Network]
        package var nats: [NAT]
        package var profiles: [String]
        package var policies: [String]
        package var counters: Counters
        /// Since when the source has lost the endpoint, which stays all the same (``HeldRemovals``); `nil` if it has not.
        @Nullable package var heldSince: Timestamp?
        /// When the endpoint was first read back from the kernel as it is now wanted; unknown before.
        @Nullable package var programmedAt: Timestamp?
        /// From the moment the source gave this version until `programmedAt`.
        @Nullable package var programmingSeconds: Double?

        package init(
            name: String, namespace: String, workload: String? = nil, orchestrator: String? = nil,
            interfaceName: String, state: State, reason: String = "", macFilter: MACFilter, networks: [Network] = [],
            nats: [NAT] = [], profiles: [String] = [], policies: [String] = [], counters: Counters = Counters(),
            heldSince: Timestamp? = nil, programmedAt: Timestamp? = nil, programmingSeconds: Double? = nil
        ) {
            self.name = name
            self.namespace = namespace
            self.workload = workload
            self.orchestrator = orchestrator
            self.interfaceName = interfaceName
            self.state = state
            self.reason = reason
            self.macFilter = macFilter
            self.networks = networks
            self.nats = nats
            self.profiles = profiles
            self.policies = policies
            self.counters = counters
            self.heldSince = heldSince
            self.programmedAt = programmedAt
            self.programmingSeconds = programmingSeconds
        }
    }
}

extension StatusReport.Endpoint {
    package struct MACFilter: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            case enforced
            /// The resource gives no MAC: interface and address are checked alone.
            case absent
            /// An EUI-64 that no Ethernet frame carries: nothing may leave the endpoint.
            case unenforceable
            /// Wanted and not in the kernel.
            case missing
        }

        @Nullable package var mac: String?
        package var state: State

        package init(mac: String?, state: State) {
            self.mac = mac
            self.state = state
        }
    }

    package struct Network: Codable, Hashable, Sendable {
        package var cidr: String
        package var state: Progress

        package init(cidr: String, state: Progress) {
            self.cidr = cidr
            self.state = state
        }
    }

    package struct NAT: Codable, Hashable, Sendable {
        package var internalIP: String
        package var externalIP: String
        package var state: Progress

        package init(internalIP: String, externalIP: String, state: Progress) {
            self.internalIP = internalIP
            self.externalIP = externalIP
            self.state = state
        }
    }
}
