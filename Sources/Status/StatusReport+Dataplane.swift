package import SystemCalls

extension StatusReport {
    /// How the kernel was last brought to what is wanted.
    package struct Dataplane: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            /// Read back and found as wanted.
            case applied
            case applying
            /// Something could not be applied; it is tried again.
            case degraded
            /// Something is kept that nobody asks for: endpoints that the source lost all at once (``HeldRemovals``), or what
            /// may be a resource's that could not be read at the start.
            case held
        }

        package var state: State
        /// How long the last apply took, its read-back included; unknown before the first.
        @Nullable package var lastApplySeconds: Double?
        /// The number of applies, failures and repairs since the agent started.
        package var applies: Int
        package var failures: Int
        package var repairs: Int
        /// The latest repairs, newest first.
        package var lastRepairs: [Repair]
        /// Endpoints that the source has lost and that stay for now; `nil` for none.
        @Nullable package var held: HeldRemovals?
        /// What is worth knowing about the host and is no failure of ours, such as forwarding being off.
        @Listed package var notices: [String]
        /// Base chains of other programs that drop, or may drop, what endpoints are allowed.
        @Listed package var foreignChains: [ForeignChain] = []

        package init(
            state: State, lastApplySeconds: Double? = nil, applies: Int = 0, failures: Int = 0, repairs: Int = 0,
            lastRepairs: [Repair] = [], held: HeldRemovals? = nil, notices: [String] = []
        ) {
            self.state = state
            self.lastApplySeconds = lastApplySeconds
            self.applies = applies
            self.failures = failures
            self.repairs = repairs
            self.lastRepairs = lastRepairs
            self.held = held
            self.notices = notices
        }
    }

    /// A base chain of another program: what our chains accept has to pass it as well.
    package struct ForeignChain: Codable, Hashable, Sendable {
        package enum Effect: String, Codable, Hashable, Sendable, CaseIterable {
            /// Nothing in it lets a packet pass.
            case drops
            /// It drops what none of its rules lets pass.
            case mayDrop
        }

        /// Family and name, such as `ip filter`.
        package var table: String
        package var chain: String
        package var hook: String
        package var priority: Int32
        /// `drop` or `accept`; with `accept` it is the last rule that drops.
        package var policy: String
        /// Those that a chain of ingress or egress stands at.
        package var devices: [String]
        package var effect: Effect

        package init(
            table: String, chain: String, hook: String, priority: Int32, policy: String, devices: [String] = [],
            effect: Effect
        ) {
            self.table = table
            self.chain = chain
            self.hook = hook
            self.priority = priority
            self.policy = policy
            self.devices = devices
            self.effect = effect
        }
    }

    /// Something in the kernel that somebody else had changed and that was put right.
    package struct Repair: Codable, Hashable, Sendable {
        package enum Change: String, Codable, Hashable, Sendable, CaseIterable {
            case deleted, altered
            /// It was in a place that is ours and nobody wanted it.
            case foreign
        }

        /// How the change came to be known.
        package enum Finding: String, Codable, Hashable, Sendable {
            /// The kernel told of it.
            case notification
            /// Everything was compared with the kernel.
            case comparison
        }

        package var at: Timestamp
        /// What was repaired, for example `route 10.65.0.2/32 dev cali0123`.
        package var object: String
        package var change: Change
        @Nullable package var found: Finding?
        /// The program that changed it, with its process ID, as far as the kernel tells.
        @Nullable package var by: String?

        package init(
            at: Timestamp, object: String, change: Change, found: Finding = .comparison, by: String? = nil
        ) {
            self.at = at
            self.object = object
            self.change = change
            self.found = found
            self.by = by
        }
    }
}
