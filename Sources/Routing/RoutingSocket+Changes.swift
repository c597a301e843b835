public import Netlink

extension RoutingSocket {
    /// How many changes go into one sendmsg(2): so few that the refusals of all of them fit into the receive buffer.
    private static let changesPerBatch = 4096

    /// Makes the changes, in order. Each stands for itself: one that the kernel refuses keeps none of the others from
    /// taking effect.
    ///
    /// - Returns: For each change `nil`, or the refusal, with the change as its operation and object.
    /// - Throws: When the outcome of the changes as a whole is unknown (read back and compare), or when they could not
    ///   be handed over; those of an earlier batch may have taken effect.
    public mutating func apply(_ changes: [RoutingChange]) throws(NetlinkError) -> [NetlinkError?] {
        var results = [NetlinkError?](repeating: nil, count: changes.count)
        for start in stride(from: 0, to: changes.count, by: Self.changesPerBatch) {
            var batch = MessageBatch(firstSequence: socket.nextSequence)
            for change in changes[start..<min(start + Self.changesPerBatch, changes.count)] {
                change.append(to: &batch)
            }
            let acknowledgement = batch.requestAcknowledgement()
            for failure in try socket.transact(batch, expectingAckFor: acknowledgement) {
                let change = changes[start + failure.index]
                guard !change.isSatisfied(by: failure.error) else { continue }
                results[start + failure.index] = failure.error
            }
        }
        name(changes, in: &results)
        return results
    }

    /// Says in each refusal what it is about. Interfaces are looked up by index only now, and on this socket, because
    /// if_indextoname(3) would ask the calling thread's network namespace.
    private mutating func name(_ changes: [RoutingChange], in results: inout [NetlinkError?]) {
        var names: [UInt32: String] = [:]
        for (position, change) in changes.enumerated() {
            guard let error = results[position] else { continue }
            if let index = change.interfaceIndex, names[index] == nil {
                names[index] = try? link(index: index, withStatistics: false)?.name
            }
            results[position] = error.describing(change.operation, change.object { names[$0] ?? "#\($0)" })
        }
    }
}
