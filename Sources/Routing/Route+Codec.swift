import CMNL
import Netlink
import NetworkValues

extension Route {
    /// Reads `RTM_NEWROUTE` or `RTM_DELROUTE`; `nil` for other families and for entries of the route cache.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        let header = try message.header(rtmsg.self)
        guard let family = IPFamily(number: header.rtm_family), header.rtm_flags & UInt32(RTM_F_CLONED) == 0 else {
            return nil
        }
        self.init(
            IPPrefix(IPAddress(family: family, rawValue: 0), length: 0), type: RouteType(rawValue: header.rtm_type),
            table: UInt32(header.rtm_table), protocol: RouteProtocol(rawValue: header.rtm_protocol),
            scope: RouteScope(rawValue: header.rtm_scope), flags: RouteFlags(rawValue: header.rtm_flags))
        var attributes = try message.attributes(after: rtmsg.self)
        while let attribute = try attributes.next() {
            switch rtattr_type_t(UInt32(attribute.type)) {
            case RTA_DST: destination = IPPrefix(try attribute.address(family), length: Int(header.rtm_dst_len))
            case RTA_OIF: interfaceIndex = try attribute.integer(UInt32.self)
            case RTA_GATEWAY: gateway = try attribute.address(family)
            case RTA_PRIORITY: priority = try attribute.integer(UInt32.self)
            case RTA_PREFSRC: preferredSource = try attribute.address(family)
            case RTA_TABLE: table = try attribute.integer(UInt32.self)
            case RTA_MULTIPATH: isMultipath = true
            default: break
            }
        }
    }

    /// Appends `RTM_NEWROUTE` or `RTM_DELROUTE`.
    ///
    /// What is set also selects what is deleted, see ``RoutingChange/deleteRoute(_:)``.
    func append(to batch: inout MessageBatch, type messageType: Int, flags messageFlags: MessageFlags) {
        let header = rtmsg(
            rtm_family: family.number, rtm_dst_len: UInt8(destination.length), rtm_src_len: 0, rtm_tos: 0,
            // Numbers beyond 8 bits stand in RTA_TABLE alone.
            rtm_table: UInt8(exactly: table) ?? UInt8(RT_TABLE_UNSPEC.rawValue), rtm_protocol: `protocol`.rawValue,
            rtm_scope: scope.rawValue, rtm_type: type.rawValue,
            rtm_flags: flags.intersection(.onLink).rawValue)
        batch.append(type: UInt16(messageType), flags: messageFlags, header: header) { message in
            if destination.length > 0 { message.put(RTA_DST.number, destination.address) }
            message.put(RTA_TABLE.number, table)
            if let interfaceIndex { message.put(RTA_OIF.number, interfaceIndex) }
            if let gateway { message.put(RTA_GATEWAY.number, gateway) }
            if priority != 0 { message.put(RTA_PRIORITY.number, priority) }
            if let preferredSource { message.put(RTA_PREFSRC.number, preferredSource) }
        }
    }
}

/// Which routes to read. What is `nil` is not looked at.
struct RouteFilter {
    var family: IPFamily
    var table: UInt32?
    var `protocol`: RouteProtocol?
    var interfaceIndex: UInt32?

    /// One `RTM_GETROUTE` dump. Kernels that check dump requests strictly (4.20) send only what fits.
    func appendRequest(to batch: inout MessageBatch) {
        var header = rtmsg()
        header.rtm_family = family.number
        header.rtm_protocol = `protocol`?.rawValue ?? 0
        batch.append(type: UInt16(RTM_GETROUTE), flags: .dump, header: header) { message in
            if let table { message.put(RTA_TABLE.number, table) }
            if let interfaceIndex { message.put(RTA_OIF.number, interfaceIndex) }
        }
    }

    /// Asked again of each answer, for kernels that ignore filters.
    func admits(_ route: Route) -> Bool {
        route.family == family
            && (table == nil || table == route.table)
            && (`protocol` == nil || `protocol` == route.protocol)
            && (interfaceIndex == nil || interfaceIndex == route.interfaceIndex)
    }
}
