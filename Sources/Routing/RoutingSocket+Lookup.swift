import CMNL
import Glibc
public import Netlink
public import NetworkValues

extension RoutingSocket {
    /// The routes by which the kernel leads packets of its own to these addresses (`RTM_GETROUTE` with `RTM_F_FIB_MATCH`,
    /// kernel 4.13), each as it stands in the table in which the routing rules find it.
    ///
    /// Costs the same few microseconds for each, however many routes there are. It says nothing of routes that a lookup
    /// passes over: in tables that no rule names, after a better one to the same destination, without a carrier where
    /// `ignore_routes_with_linkdown` is set.
    ///
    /// - Returns: For each address its route; `nil` where there is none, or one that leads nowhere.
    /// - Throws: `NetlinkError` when answers were lost.
    public mutating func routes(to addresses: [IPAddress]) throws(NetlinkError) -> [Route?] {
        var routes = [Route?](repeating: nil, count: addresses.count)
        for start in stride(from: 0, to: addresses.count, by: Self.lookupsPerBatch) {
            var batch = MessageBatch(firstSequence: socket.nextSequence)
            for address in addresses[start..<min(start + Self.lookupsPerBatch, addresses.count)] {
                var header = rtmsg()
                header.rtm_family = address.family.number
                header.rtm_dst_len = UInt8(address.family.bits)
                // Without the second, IPv4 calls every table main; IPv6 refuses what it does not know.
                header.rtm_flags = UInt32(RTM_F_FIB_MATCH) | (address.family == .v4 ? UInt32(RTM_F_LOOKUP_TABLE) : 0)
                batch.append(type: UInt16(RTM_GETROUTE), flags: [], header: header) { message in
                    message.put(RTA_DST.number, address)
                }
            }
            // Each refusal stands for one address: that there is no route is told by half a dozen numbers.
            _ = try socket.exchange(batch, operation: "look up", object: "routes") {
                index, message throws(NetlinkError) in
                routes[start + index] = try Route(message)
            }
        }
        return routes
    }

    /// Answers take some 4 KiB each of a receive buffer of 8 MiB.
    private static var lookupsPerBatch: Int { 512 }
}
