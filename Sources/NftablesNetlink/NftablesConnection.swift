public import Netlink
public import Nftables

/// A line to the kernel's nf_tables, in the network namespace of the thread that opened it.
///
/// Keep one for life: closing it waits while the kernel destroys what was deleted over it.
public struct NftablesConnection: ~Copyable, Sendable {
    var socket: NetlinkSocket

    /// - Throws: ``NetlinkError`` when the kernel has no nfnetlink or the caller lacks CAP_NET_ADMIN.
    public init() throws(NetlinkError) {
        socket = try NetlinkSocket(family: .netfilter)
    }

    /// The address that the kernel answers to, by which others know its transactions from ours, and the kernel knows the
    /// holder of tables that are owned over this line.
    public var portID: UInt32 { socket.portID }

    /// Hands the transaction to the kernel, which carries it out before this returns.
    ///
    /// - Throws: ``CommitError/refused(_:)`` when nothing of it took effect, ``CommitError/unknown(_:)`` when only
    ///   reading back tells, ``CommitError/notSent(_:)`` when it did not reach the kernel.
    public mutating func commit(_ transaction: Transaction) throws(CommitError) {
        try send(transaction, takesEffect: true)
    }

    /// Asks the kernel whether it would carry the transaction out, as `nft --check` does: it judges all of it and takes it
    /// back. Nothing of it is ever seen by anybody, and the ruleset's generation stays. Modules are loaded as for the
    /// real one.
    ///
    /// - Throws: What ``commit(_:)`` would.
    public mutating func check(_ transaction: Transaction) throws(CommitError) {
        try send(transaction, takesEffect: false)
    }

    private mutating func send(_ transaction: Transaction, takesEffect: Bool) throws(CommitError) {
        guard !transaction.isEmpty else { return }
        let encoded: EncodedTransaction
        do throws(OutOfMemory) {
            encoded = try transaction.encoded(firstSequence: socket.nextSequence, takesEffect: takesEffect)
        } catch {
            throw .notSent(.outOfMemory("encode", "nftables transaction"))
        }
        let errors: [MessageError]
        do throws(NetlinkError) {
            errors = try socket.transact(encoded.batch, expectingAckFor: encoded.acknowledged)
        } catch {
            throw error.isOutcomeUnknown ? .unknown(error) : .notSent(error)
        }
        guard !errors.isEmpty else { return }
        var failures: [TransactionError.Failure] = []
        for error in errors {
            let operation = encoded.owners[error.index]
            let words = operation.map { transaction.operations[$0].words } ?? ("commit", "nftables transaction")
            var element: Int?
            if let offset = error.error.offset { element = encoded.element(at: offset, ofMessage: error.index) }
            failures.append(
                .init(operation: operation, element: element, error: error.error.describing(words.0, words.1)))
        }
        throw .refused(TransactionError(failures: failures))
    }
}

/// What became of a transaction that did not succeed.
public enum CommitError: Error, Sendable, CustomStringConvertible {
    /// Nothing took effect.
    case refused(TransactionError)
    /// The kernel's answer was lost: read back and compare.
    case unknown(NetlinkError)
    /// It never reached the kernel.
    case notSent(NetlinkError)

    public var description: String {
        switch self {
        case .refused(let error): "\(error)"
        case .unknown(let error), .notSent(let error): "\(error)"
        }
    }
}

extension NetlinkError {
    static func outOfMemory(_ operation: String, _ object: String) -> NetlinkError {
        NetlinkError(.malformed("out of memory in libnftnl"), operation: operation, object: object)
    }
}
