import CMNL
import Netlink
import NetworkValues

extension Neighbour {
    /// Reads `RTM_NEWNEIGH` or `RTM_DELNEIGH`; `nil` for other families, such as a bridge's forwarding entries.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        let header = try message.header(ndmsg.self)
        guard let family = IPFamily(number: header.ndm_family) else { return nil }
        self.init(
            IPAddress(family: family, rawValue: 0), interfaceIndex: UInt32(bitPattern: header.ndm_ifindex),
            state: NeighbourState(rawValue: header.ndm_state), flags: NeighbourFlags(rawValue: header.ndm_flags))
        var attributes = try message.attributes(after: ndmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case Int(NDA_DST): address = try attribute.address(family)
            case Int(NDA_LLADDR): linkLayerAddress = MACAddress(octets: attribute.payload)
            case Int(NDA_PROTOCOL): `protocol` = RouteProtocol(rawValue: try attribute.integer(UInt8.self))
            default: break
            }
        }
    }

    /// Appends `RTM_NEWNEIGH` or `RTM_DELNEIGH`. The kernel selects what is deleted by interface and address alone, in
    /// the table of proxy entries or in that of neighbours.
    func append(to batch: inout MessageBatch, type messageType: Int, flags messageFlags: MessageFlags) {
        let header = ndmsg(
            ndm_family: address.family.number, ndm_pad1: 0, ndm_pad2: 0,
            ndm_ifindex: Int32(bitPattern: interfaceIndex), ndm_state: state.rawValue, ndm_flags: flags.rawValue,
            ndm_type: 0)
        batch.append(type: UInt16(messageType), flags: messageFlags, header: header) { message in
            message.put(UInt16(NDA_DST), address)
            if let linkLayerAddress { message.put(UInt16(NDA_LLADDR), linkLayerAddress) }
            if let `protocol` { message.put(UInt16(NDA_PROTOCOL), `protocol`.rawValue) }
        }
    }

    /// One `RTM_GETNEIGH` dump: of proxy entries or of neighbours, never of both.
    static func appendRequest(
        to batch: inout MessageBatch, family: IPFamily?, interfaceIndex: UInt32?, isProxy: Bool
    ) {
        var header = ndmsg()
        header.ndm_family = family?.number ?? 0
        header.ndm_flags = isProxy ? NeighbourFlags.proxy.rawValue : 0
        batch.append(type: UInt16(RTM_GETNEIGH), flags: .dump, header: header) { message in
            if let interfaceIndex { message.put(UInt16(NDA_IFINDEX), interfaceIndex) }
        }
    }
}
