import CMNL

extension NetlinkSocket {
    /// Sends a batch of requests for one object each, and hands over the answers.
    ///
    /// - Parameters:
    ///   - batch: Requests that the kernel either refuses or answers by one message, none of them with
    ///     ``MessageFlags/dump`` or ``MessageFlags/acknowledge``; so few that all answers have room in the receive buffer at once.
    ///     nf_tables takes at least 4 KiB of it for each.
    ///   - operation: For errors: what the requests do, as a verb.
    ///   - object: For errors: what they do that to.
    ///   - update: Called with each answer and the place of its request in the batch. When it throws, the answers that remain
    ///     are read and discarded.
    /// - Returns: The refusals, in the order of their requests.
    /// - Throws: ``NetlinkError/Code/overrun`` or ``NetlinkError/Code/unacknowledged`` when answers were lost; what `update`
    ///   throws.
    public mutating func exchange(
        _ batch: borrowing MessageBatch, operation: String = "read", object: String,
        _ update: (Int, borrowing ReceivedMessage) throws(NetlinkError) -> Void
    ) throws(NetlinkError) -> [MessageError] {
        try discardLeftovers()
        nextSequence = batch.firstSequence &+ UInt32(batch.count)
        try send(batch, operation: operation, object: object)
        hasLeftovers = true
        var errors: [MessageError] = []
        var awaited = batch.count
        while awaited > 0 {
            let count: Int
            switch try receive(operation: operation, object: object) {
            case .received(let received): count = received
            // Requests are carried out within sendmsg(2): what is not queued now will not come.
            case .none: throw NetlinkError(.unacknowledged, operation: operation, object: object)
            case .overrun: throw NetlinkError(.overrun, operation: operation, object: object)
            }
            var messages = messages(count)
            while let message = try messages.next() {
                guard message.portID == portID, let index = batch.index(ofSequence: message.sequence) else { continue }
                awaited -= 1
                guard message.type == UInt16(NLMSG_ERROR) else {
                    try update(index, message)
                    continue
                }
                if let error = try KernelReply(errorMessage: message).error(operation, object) {
                    errors.append(MessageError(sequence: message.sequence, index: index, error: error))
                }
            }
        }
        hasLeftovers = false
        return errors
    }
}
