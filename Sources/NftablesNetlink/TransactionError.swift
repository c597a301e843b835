public import Netlink

/// The kernel refused a transaction: nothing of it took effect.
public struct TransactionError: Error, Sendable, CustomStringConvertible {
    public struct Failure: Sendable {
        /// The operation's place in `Transaction.operations`; `nil` for an error of the transaction as a whole.
        public let operation: Int?
        /// The place among the operation's elements of the one that is refused, where the kernel tells.
        public let element: Int?
        /// What the kernel said, with the operation and its object.
        public let error: NetlinkError
    }

    /// Never empty.
    public let failures: [Failure]

    public var description: String {
        let first = failures.first.map { "\($0.error)" } ?? "nftables transaction refused"
        return failures.count > 1 ? "\(first) (and \(failures.count - 1) more)" : first
    }
}
