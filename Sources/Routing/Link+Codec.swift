import CMNL
import Glibc
import Netlink

extension Link {
    /// Reads `RTM_NEWLINK` or `RTM_DELLINK`.
    ///
    /// `nil` for messages of an address family: with `AF_BRIDGE`, `RTM_DELLINK` says that an interface left its bridge,
    /// not that it is gone. The kernel always sends the counters; without `withStatistics` they are left out, so that
    /// two links are equal when nothing but traffic passed.
    init?(_ message: borrowing ReceivedMessage, withStatistics: Bool) throws(NetlinkError) {
        let header = try message.header(ifinfomsg.self)
        guard Int32(header.ifi_family) == AF_UNSPEC else { return nil }
        self.init(
            index: UInt32(bitPattern: header.ifi_index), name: "", flags: LinkFlags(rawValue: header.ifi_flags),
            hardwareType: header.ifi_type)
        var attributes = try message.attributes(after: ifinfomsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case Int(IFLA_IFNAME): name = attribute.string
            case Int(IFLA_ADDRESS): hardwareAddress = Array(attribute.payload)
            case Int(IFLA_LINK): peerIndex = try attribute.integer(UInt32.self)
            case Int(IFLA_LINK_NETNSID): peerNamespace = try attribute.integer(Int32.self)
            case Int(IFLA_MASTER): master = try attribute.integer(UInt32.self)
            case Int(IFLA_OPERSTATE):
                operationalState = OperationalState(rawValue: try attribute.integer(UInt8.self)) ?? .unknown
            case Int(IFLA_LINKINFO): try readInformation(attribute.nested)
            case Int(IFLA_STATS64) where withStatistics: statistics = try LinkStatistics(attribute)
            default: break
            }
        }
    }

    /// The driver's name, which comes before what it tells of itself.
    private mutating func readInformation(_ attributes: AttributeReader) throws(NetlinkError) {
        var attributes = attributes
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case Int(IFLA_INFO_KIND): kind = attribute.string
            case Int(IFLA_INFO_DATA) where kind == "tun": isTUN = try Self.isTUN(attribute.nested)
            default: break
            }
        }
    }

    /// The driver `tun` makes TUN devices and TAP devices (`IFF_TUN`, 1, and `IFF_TAP`, 2, in linux/if_tun.h).
    private static func isTUN(_ attributes: AttributeReader) throws(NetlinkError) -> Bool {
        var attributes = attributes
        while let attribute = try attributes.next() {
            if Int(attribute.type) == Int(IFLA_TUN_TYPE) { return try attribute.integer(UInt8.self) == 1 }
        }
        return false
    }

    /// One `RTM_GETLINK`: of the interface with this index or name, or of all.
    static func appendRequest(to batch: inout MessageBatch, _ selection: LinkSelection) {
        var header = ifinfomsg()
        if case .index(let index) = selection { header.ifi_index = Int32(bitPattern: index) }
        let flags: MessageFlags = if case .all = selection { .dump } else { [] }
        batch.append(type: UInt16(RTM_GETLINK), flags: flags, header: header) { message in
            if case .name(let name) = selection { message.put(UInt16(IFLA_IFNAME), string: name) }
            // Not the interface's counters, which cannot be left out, but IPv6's own.
            message.put(UInt16(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
        }
    }
}

enum LinkSelection {
    case all
    case index(UInt32)
    case name(String)
}

extension LinkStatistics {
    /// Reads the four counters that `struct rtnl_link_stats64` begins with; the struct grows from kernel to kernel.
    init(_ attribute: Attribute) throws(NetlinkError) {
        let size = MemoryLayout<UInt64>.size
        guard attribute.payload.count >= 4 * size else {
            throw NetlinkError(.malformed("link statistics of \(attribute.payload.count) bytes"), operation: "decode")
        }
        func counter(_ position: Int) -> UInt64 {
            attribute.payload.loadUnaligned(fromByteOffset: position * size, as: UInt64.self)
        }
        self.init(
            receivedPackets: counter(0), transmittedPackets: counter(1), receivedBytes: counter(2),
            transmittedBytes: counter(3))
    }
}
