import CMNL

/// The kernel's refusal of one message of a batch.
public struct MessageError: Error, Hashable, Sendable {
    /// The sequence number of the message.
    public let sequence: UInt32
    /// The position of the message in its batch, from 0.
    public let index: Int
    /// The refusal. Its operation and object are the batch's: ``NetlinkError/describing(_:_:)`` names the message's.
    public let error: NetlinkError
}

extension NetlinkSocket {
    /// Hands a batch of writing requests to the kernel and collects what it refuses.
    ///
    /// The kernel has dealt with the batch when its answers are collected. With rtnetlink each message stands for
    /// itself: those without an error took effect. An nfnetlink batch is all or nothing: any error means that nothing
    /// took effect; an error found while committing bears the sequence of the batch's first message.
    ///
    /// Answers are matched by sequence and never counted: loading a module makes the kernel process a batch twice, and
    /// acknowledgements of nfnetlink's `BATCH_END` exist only from kernel 6.10 on.
    ///
    /// - Parameters:
    ///   - batch: Sent by one sendmsg(2). Its sequence numbers should start at ``nextSequence``.
    ///   - lastSequence: A message that carries ``MessageFlags/acknowledge`` (see
    ///     ``MessageBatch/requestAcknowledgement()``), usually the last: proof that all before it were dealt with.
    ///     With `nil`, silence is success.
    /// - Returns: The refusals, in the order of their messages.
    /// - Throws: ``NetlinkError/Code/overrun`` or ``NetlinkError/Code/unacknowledged`` when the outcome is unknown,
    ///   ``NetlinkError/Code/systemCall(errno:)`` when the batch was not sent.
    public mutating func transact(
        _ batch: borrowing MessageBatch, expectingAckFor lastSequence: UInt32?
    ) throws(NetlinkError) -> [MessageError] {
        guard !batch.isEmpty else { return [] }
        let operation = "commit"
        let object = "batch of \(batch.count) netlink \(family.rawValue) messages"
        try discardLeftovers()
        nextSequence = batch.firstSequence &+ UInt32(batch.count)
        try send(batch, operation: operation, object: object)

        var errors: [MessageError] = []
        var isAcknowledged = lastSequence == nil
        var isOverrun = false
        hasLeftovers = true
        receiving: while true {
            let count: Int
            switch try receive(operation: operation, object: object) {
            case .received(let received): count = received
            case .none: break receiving
            case .overrun:
                isOverrun = true
                continue
            }
            var messages = messages(count)
            while let message = try messages.next() {
                guard message.type == UInt16(NLMSG_ERROR), message.portID == portID,
                    let index = batch.index(ofSequence: message.sequence)
                else { continue }
                if let error = try KernelReply(errorMessage: message).error(operation, object) {
                    errors.append(MessageError(sequence: message.sequence, index: index, error: error))
                }
                isAcknowledged = isAcknowledged || message.sequence == lastSequence
            }
        }
        hasLeftovers = false
        if isOverrun {
            throw NetlinkError(.overrun, operation: operation, object: object)
        }
        // A batch that was refused as a whole, or aborted, may leave its last message unanswered.
        guard isAcknowledged || !errors.isEmpty else {
            throw NetlinkError(.unacknowledged, operation: operation, object: object)
        }
        return errors.sorted { $0.index < $1.index }
    }
}
