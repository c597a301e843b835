public import Nftables

/// What transactions of others have changed, as far as the kernel's notifications tell.
///
/// It tells where to look and who was there; it is no log of what happened.
public struct RulesetChange: Hashable, Sendable {
    /// What of one table may differ now.
    public struct TableChange: Hashable, Sendable {
        /// The table itself came, went or was altered: all of it may differ.
        public var isWhole = false
        /// Chains that came or went, or whose rules did.
        public var chains: Set<String> = []
        /// Sets that came or went, or whose elements did.
        public var sets: Set<String> = []

        public init(isWhole: Bool = false, chains: Set<String> = [], sets: Set<String> = []) {
            self.isWhole = isWhole
            self.chains = chains
            self.sets = sets
        }
    }

    /// Of the tables that are watched.
    public var tables: [Table: TableChange] = [:]
    /// Whether tables, chains or rules of others changed.
    public var concernsOthers = false
    /// Who changed one of the watched tables, each once.
    public var writers: [RulesetWriter] = []
    /// Events were lost: whatever is known must be read anew.
    public var isOverrun = false

    public init() {}

    public var isEmpty: Bool { tables.isEmpty && !concernsOthers && !isOverrun }
}

/// The process whose transaction it was (`NFTA_GEN_PROC_NAME`, `NFTA_GEN_PROC_PID`).
public struct RulesetWriter: Hashable, Sendable, CustomStringConvertible {
    /// At most 15 bytes, as in `/proc/PID/comm`.
    public let name: String
    /// As the first PID namespace counts.
    public let processID: UInt32

    public init(name: String, processID: UInt32) {
        self.name = name
        self.processID = processID
    }

    public var description: String { "\(name) (pid \(processID))" }
}
