import Glibc
public import Netlink
public import NetworkValues

/// Reads and deletes the entries of conntrack, in the network namespace of the thread that opened it.
public struct ConntrackConnection: ~Copyable, Sendable {
    private var socket: NetlinkSocket

    /// How many deletions go into one sendmsg(2): so few that the refusals of all of them fit into the receive buffer.
    private static let deletionsPerBatch = 1024

    /// - Throws: ``NetlinkError`` when the kernel has no nfnetlink or the caller lacks CAP_NET_ADMIN.
    public init() throws(NetlinkError) {
        socket = try NetlinkSocket(family: .netfilter)
    }

    /// How many entries this namespace has, of both families and in every zone; `nil` where the kernel does not say.
    ///
    /// One that is not in the table yet, because its first packet is still under way, counts as well.
    public mutating func count() -> UInt32? {
        // Its only answer is marked as one of several, with nothing to say that it was the last (kernel 6.18): the
        // acknowledgement does.
        var request = MessageBatch(firstSequence: socket.nextSequence, capacity: 128)
        request.append(
            type: ConntrackMessage.statistics, flags: .acknowledge, header: NetfilterHeader(family: UInt8(AF_UNSPEC)))
        // Whoever is refused this asks for the entries next, and is told why.
        return try? socket.dump(request, object: "the number of flows", into: UInt32?.none, attempts: 2) {
            count, message throws(NetlinkError) in
            count = try ConntrackEntry.count(message)
        }
    }

    /// The entries of one family or, with `nil`, of both, in every zone, that `isWanted` takes: about 2 us for each that
    /// the namespace has, and however few these are, 5 ms for a table of 262,144 buckets, all of which the kernel walks.
    ///
    /// The picture is not one of a moment: an entry that comes or goes meanwhile may be in it or not.
    public mutating func entries(
        of family: IPFamily?, where isWanted: (ConntrackEntry) -> Bool
    ) throws(NetlinkError) -> [ConntrackEntry] {
        var request = MessageBatch(firstSequence: socket.nextSequence, capacity: 128)
        request.append(
            type: ConntrackMessage.get, flags: .dump,
            header: NetfilterHeader(family: family?.number ?? UInt8(AF_UNSPEC)))
        do throws(NetlinkError) {
            return try socket.dump(request, object: family.map { "IP\($0) flows" } ?? "flows", into: []) {
                entries, message throws(NetlinkError) in
                guard let entry = try ConntrackEntry(message), family == nil || entry.family == family, isWanted(entry)
                else { return }
                entries.append(entry)
            }
        } catch {
            throw Self.explained(error)
        }
    }

    /// Has the kernel forget these entries, which were read from it. One that has ended by itself is no failure.
    ///
    /// - Returns: For each entry `nil`, or why it is still there.
    /// - Throws: When nobody knows which are left.
    public mutating func delete(_ entries: [ConntrackEntry]) throws(NetlinkError) -> [NetlinkError?] {
        var results = [NetlinkError?](repeating: nil, count: entries.count)
        for start in stride(from: 0, to: entries.count, by: Self.deletionsPerBatch) {
            var batch = MessageBatch(firstSequence: socket.nextSequence)
            for entry in entries[start..<min(start + Self.deletionsPerBatch, entries.count)] {
                entry.appendDeletion(to: &batch)
            }
            let acknowledgement = batch.requestAcknowledgement()
            for failure in try socket.transact(batch, expectingAckFor: acknowledgement)
            where failure.error.errno != ENOENT {
                let entry = entries[start + failure.index]
                results[start + failure.index] = Self.explained(failure.error).describing("delete", "\(entry)")
            }
        }
        return results
    }

    /// `EINVAL` and `EOPNOTSUPP` are nfnetlink's answers for a subsystem that is not there.
    private static func explained(_ error: NetlinkError) -> NetlinkError {
        guard [EINVAL, EOPNOTSUPP].contains(error.errno) else { return error }
        var error = error
        error.remedy = "load the module nf_conntrack_netlink (CONFIG_NF_CT_NETLINK)"
        return error
    }
}
