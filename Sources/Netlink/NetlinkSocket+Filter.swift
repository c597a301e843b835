import CLinux

extension NetlinkSocket {
    /// Has the kernel leave out what the socket with this ``portID`` causes: it neither wakes anybody nor takes room in
    /// the queue. A datagram is judged by its first message; the kernel puts those of one request together.
    ///
    /// - Throws: ``NetlinkError/Code/systemCall(errno:)``; everything is received then.
    public mutating func discardEvents(from portID: UInt32) throws(NetlinkError) {
        guard clinux_discard_from_port(fileDescriptor, portID) == 0 else {
            throw .systemCall("filter", "netlink \(family.rawValue) events")
        }
    }
}
