import CMNL

extension NetlinkSocket {
    /// Sends a batch of one reading request, a dump or a request for one object, and folds the answers.
    ///
    /// A dump is one picture only as long as nothing changes during it; the kernel marks one that is not
    /// (`NLM_F_DUMP_INTR`), and it is begun again from `initial`. So it is when answers were lost.
    ///
    /// - Parameters:
    ///   - request: Exactly one message. With ``MessageFlags/dump``, answers are read up to `NLMSG_DONE`; without, one
    ///     answer is read, or the acknowledgement if the request asks for it.
    ///   - operation: For errors: what the request does, as a verb.
    ///   - object: For errors: what it does that to.
    ///   - initial: What the fold starts with, at each attempt.
    ///   - attempts: How often a dump that was interrupted or lost answers is begun, at most.
    ///   - update: Called with each answer. When it throws, the answers that remain are read and discarded.
    /// - Throws: ``NetlinkError/Code/interrupted(attempts:)`` when no attempt was consistent,
    ///   ``NetlinkError/Code/overrun`` or ``NetlinkError/Code/unacknowledged`` when answers were lost each time; the
    ///   kernel's refusal; what `update` throws.
    public mutating func dump<Result>(
        _ request: borrowing MessageBatch, operation: String = "dump", object: String, into initial: Result,
        attempts: Int = 30, _ update: (inout Result, borrowing ReceivedMessage) throws(NetlinkError) -> Void
    ) throws(NetlinkError) -> Result {
        precondition(request.count == 1, "answers to several reading requests cannot be told apart")
        try discardLeftovers()
        var reason = NetlinkError.Code.interrupted(attempts: attempts)
        for _ in 0..<attempts {
            nextSequence = request.firstSequence &+ 1
            var result = initial
            let outcome: DumpOutcome
            do throws(NetlinkError) {
                try send(request, operation: operation, object: object)
                hasLeftovers = true
                outcome = try collect(request.firstSequence, operation, object, into: &result, update)
            } catch {
                try discardLeftovers()
                throw if case .malformed = error.code { error.describing(operation, object) } else { error }
            }
            switch outcome {
            case .complete:
                hasLeftovers = false
                return result
            case .interrupted: reason = .interrupted(attempts: attempts)
            case .overrun: reason = .overrun
            case .silent: reason = .unacknowledged
            }
            try discardLeftovers()
        }
        throw NetlinkError(reason, operation: operation, object: object)
    }

    private enum DumpOutcome {
        case complete, interrupted, overrun, silent
    }

    /// Reads the answers to the request with this sequence number to their end.
    private mutating func collect<Result>(
        _ sequence: UInt32, _ operation: String, _ object: String, into result: inout Result,
        _ update: (inout Result, borrowing ReceivedMessage) throws(NetlinkError) -> Void
    ) throws(NetlinkError) -> DumpOutcome {
        var isInterrupted = false
        while true {
            let count: Int
            switch try receive(operation: operation, object: object) {
            case .received(let received): count = received
            case .overrun: return .overrun
            // Each part of a dump is queued by the receive that took the part before it: what is missing will not come.
            case .none: return .silent
            }
            var messages = messages(count)
            while let message = try messages.next() {
                guard message.sequence == sequence, message.portID == portID else { continue }
                isInterrupted = isInterrupted || message.flags.contains(.dumpInterrupted)
                switch Int32(message.type) {
                case NLMSG_NOOP: continue
                case NLMSG_ERROR:
                    if let error = try KernelReply(errorMessage: message).error(operation, object) { throw error }
                    return isInterrupted ? .interrupted : .complete
                case NLMSG_DONE:
                    if let error = try KernelReply(doneMessage: message).error(operation, object) { throw error }
                    return isInterrupted ? .interrupted : .complete
                default:
                    try update(&result, message)
                    if !message.flags.contains(.multipart) { return .complete }
                }
            }
        }
    }
}
