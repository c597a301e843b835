import CMNL

extension NetlinkSocket {
    /// Takes queued events of the joined multicast groups, without waiting.
    ///
    /// - Parameters:
    ///   - limit: How many datagrams to take at most, so that a storm of events cannot hold the caller for ever.
    ///   - body: Called with each message, in the kernel's order.
    /// - Returns: Whether the limit was reached, so that more may be queued.
    /// - Throws: ``NetlinkError/Code/overrun`` when events were lost, and whatever `body` throws. In either case the
    ///   rest of the queue is discarded, so that a dump begun afterwards is newer than everything lost.
    public mutating func receiveEvents(
        limit: Int = 1024, _ body: (borrowing ReceivedMessage) throws(NetlinkError) -> Void
    ) throws(NetlinkError) -> Bool {
        let operation = "receive"
        let object = "netlink \(family.rawValue) events"
        for _ in 0..<limit {
            switch try receive(operation: operation, object: object) {
            case .none: return false
            case .overrun:
                // The kernel drops every further event until the queue has been emptied once.
                try discardQueue()
                throw NetlinkError(.overrun, operation: operation, object: object)
            case .received(let count):
                var messages = messages(count)
                do throws(NetlinkError) {
                    while let message = try messages.next() {
                        try body(message)
                    }
                } catch {
                    try discardQueue()
                    throw error
                }
            }
        }
        return true
    }
}
