import CMNL
import Glibc
import Netlink
import NetworkValues

extension ConntrackEntry {
    /// Reads an entry that a dump tells of; `nil` for one without addresses of IPv4 or IPv6 in both directions.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        guard message.type == ConntrackMessage.new else { return nil }
        var original: ConntrackTuple?
        var reply: ConntrackTuple?
        var originalAttributes: [UInt8] = []
        var (zone, id, status): (UInt16, UInt32?, UInt32) = (0, nil, 0)
        var attributes = try message.attributes(after: NetfilterHeader.self)
        while let attribute = try attributes.next() {
            switch attribute.type {
            case EntryAttribute.tupleOriginal:
                original = try ConntrackTuple(attribute)
                originalAttributes = Array(attribute.payload)
            case EntryAttribute.tupleReply: reply = try ConntrackTuple(attribute)
            case EntryAttribute.status: status = try attribute.bigEndian(UInt32.self)
            case EntryAttribute.id: id = try attribute.bigEndian(UInt32.self)
            case EntryAttribute.zone: zone = try attribute.bigEndian(UInt16.self)
            default: break
            }
        }
        guard let original, let reply else { return nil }
        self.init(
            original: original, reply: reply, zone: zone, id: id, isExpected: status & EntryStatus.expected != 0,
            originalAttributes: originalAttributes)
    }

    /// Reads how many entries there are from the answer to ``ConntrackMessage/statistics``; `nil` for another message.
    static func count(_ message: borrowing ReceivedMessage) throws(NetlinkError) -> UInt32? {
        guard message.type == ConntrackMessage.statistics else { return nil }
        var attributes = try message.attributes(after: NetfilterHeader.self)
        while let attribute = try attributes.next() {
            if attribute.type == StatisticsAttribute.entries { return try attribute.bigEndian(UInt32.self) }
        }
        return nil
    }

    /// Appends the deletion of exactly this entry: the kernel answers `ENOENT` to one of the same addresses that has
    /// another id.
    func appendDeletion(to batch: inout MessageBatch) {
        // Without a tuple the kernel would delete every entry there is (ctnetlink_del_conntrack).
        precondition(!originalAttributes.isEmpty, "an entry that was not read from the kernel names nothing to delete")
        batch.append(
            type: ConntrackMessage.delete, flags: [], header: NetfilterHeader(family: family.number)
        ) { message in
            message.put(EntryAttribute.tupleOriginal | UInt16(NLA_F_NESTED), octets: originalAttributes)
            if zone != 0 { message.put(EntryAttribute.zone, bigEndian: zone) }
            if let id { message.put(EntryAttribute.id, bigEndian: id) }
        }
    }
}

extension ConntrackTuple {
    fileprivate init?(_ nest: Attribute) throws(NetlinkError) {
        var (source, destination): (IPAddress?, IPAddress?)
        var number: UInt8 = 0
        var transport = Transport.none
        var attributes = nest.nested
        while let attribute = try attributes.next() {
            switch attribute.type {
            case TupleAttribute.ip: (source, destination) = try Self.addresses(attribute)
            case TupleAttribute.protocol: (number, transport) = try Self.transport(attribute)
            default: break
            }
        }
        guard let source, let destination else { return nil }
        self.init(source: source, destination: destination, protocol: number, transport: transport)
    }

    private static func addresses(_ nest: Attribute) throws(NetlinkError) -> (IPAddress?, IPAddress?) {
        var (source, destination): (IPAddress?, IPAddress?)
        var attributes = nest.nested
        while let attribute = try attributes.next() {
            switch attribute.type {
            case AddressAttribute.v4Source, AddressAttribute.v6Source:
                source = IPAddress(octets: attribute.payload)
            case AddressAttribute.v4Destination, AddressAttribute.v6Destination:
                destination = IPAddress(octets: attribute.payload)
            default: break
            }
        }
        return (source, destination)
    }

    private static func transport(_ nest: Attribute) throws(NetlinkError) -> (UInt8, Transport) {
        var number: UInt8 = 0
        var (source, destination): (UInt16?, UInt16?)
        var (type, code, id): (UInt8?, UInt8?, UInt16) = (nil, nil, 0)
        var attributes = nest.nested
        while let attribute = try attributes.next() {
            switch attribute.type {
            case ProtocolAttribute.number: number = try attribute.integer(UInt8.self)
            case ProtocolAttribute.sourcePort: source = try attribute.bigEndian(UInt16.self)
            case ProtocolAttribute.destinationPort: destination = try attribute.bigEndian(UInt16.self)
            case ProtocolAttribute.icmpID, ProtocolAttribute.icmpv6ID: id = try attribute.bigEndian(UInt16.self)
            case ProtocolAttribute.icmpType, ProtocolAttribute.icmpv6Type: type = try attribute.integer(UInt8.self)
            case ProtocolAttribute.icmpCode, ProtocolAttribute.icmpv6Code: code = try attribute.integer(UInt8.self)
            default: break
            }
        }
        if let source, let destination { return (number, .ports(source: source, destination: destination)) }
        if let type, let code { return (number, .icmp(type: type, code: code, id: id)) }
        return (number, .none)
    }
}

extension IPFamily {
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`, which are `AF_INET` and `AF_INET6`.
    var number: UInt8 { self == .v4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
}
