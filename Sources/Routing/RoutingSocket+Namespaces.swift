import CMNL
public import Netlink

extension RoutingSocket {
    /// The number by which this socket's network namespace knows the one that `descriptor` stands for, an open
    /// `/proc/<pid>/ns/net`; `nil` when it knows it by none. Links tell by such numbers where their other end is
    /// (``Link/peerNamespace``).
    ///
    /// - Throws: `NetlinkError`: `EINVAL` when the descriptor is no network namespace's.
    public mutating func namespaceIdentifier(of descriptor: Int32) throws(NetlinkError) -> Int32? {
        var request = MessageBatch(firstSequence: socket.nextSequence, capacity: 64)
        // struct rtgenmsg, one byte, in four.
        request.append(type: UInt16(RTM_GETNSID), flags: [], header: UInt32(0)) { message in
            message.put(Self.namespaceDescriptor, UInt32(bitPattern: descriptor))
        }
        return try socket.dump(request, operation: "get", object: "network namespace", into: nil) {
            identifier, message throws(NetlinkError) in
            var attributes = try message.attributes(after: UInt32.self)
            while let attribute = try attributes.next() {
                guard attribute.type == Self.namespaceNumber else { continue }
                let number = try attribute.integer(Int32.self)
                // NETNSA_NSID_NOT_ASSIGNED
                identifier = number == -1 ? nil : number
            }
        }
    }

    // NETNSA_FD and NETNSA_NSID of linux/net_namespace.h, which rtnetlink.h does not reach.
    private static var namespaceDescriptor: UInt16 { 3 }
    private static var namespaceNumber: UInt16 { 1 }
}
