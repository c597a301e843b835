import CMNL
import Netlink
import NetworkValues

extension InterfaceAddress {
    /// Reads `RTM_NEWADDR` or `RTM_DELADDR`; `nil` for other families.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        let header = try message.header(ifaddrmsg.self)
        guard let family = IPFamily(number: header.ifa_family) else { return nil }
        var address: IPAddress?
        var local: IPAddress?
        var flags = UInt32(header.ifa_flags)
        var attributes = try message.attributes(after: ifaddrmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case Int(IFA_ADDRESS): address = try attribute.address(family)
            case Int(IFA_LOCAL): local = try attribute.address(family)
            case Int(IFA_FLAGS): flags = try attribute.integer(UInt32.self)
            default: break
            }
        }
        // IPv6 sends IFA_LOCAL only where a peer takes IFA_ADDRESS.
        guard let own = local ?? address else {
            throw NetlinkError(.malformed("an interface address without address"), operation: "decode")
        }
        self.init(
            interfaceIndex: header.ifa_index, local: own,
            prefix: IPPrefix(address ?? own, length: Int(header.ifa_prefixlen)),
            scope: RouteScope(rawValue: header.ifa_scope), flags: flags)
    }

    /// One `RTM_GETADDR` dump of both families.
    static func appendRequest(to batch: inout MessageBatch, interfaceIndex: UInt32?) {
        var header = ifaddrmsg()
        header.ifa_index = interfaceIndex ?? 0
        batch.append(type: UInt16(RTM_GETADDR), flags: .dump, header: header)
    }
}
