/// Message types of `NFNL_SUBSYS_CTNETLINK`, with the subsystem in the high byte. linux/netfilter/nfnetlink_conntrack.h
/// is not imported: it includes linux/netfilter.h, whose structures collide with the C library's.
enum ConntrackMessage {
    /// `NFNL_SUBSYS_CTNETLINK`.
    private static let subsystem: UInt16 = 1

    /// `IPCTNL_MSG_CT_NEW`, which is how an entry is told of as well.
    static let new = subsystem << 8 | 0
    /// `IPCTNL_MSG_CT_GET`.
    static let get = subsystem << 8 | 1
    /// `IPCTNL_MSG_CT_DELETE`.
    static let delete = subsystem << 8 | 2
    /// `IPCTNL_MSG_CT_GET_STATS`, in both directions. `IPCTNL_MSG_CT_GET_STATS_CPU` is another, and of all namespaces.
    static let statistics = subsystem << 8 | 5
}

/// `enum ctattr_stats_global`.
enum StatisticsAttribute {
    static let entries: UInt16 = 1
}

/// `enum ctattr_type`.
enum EntryAttribute {
    static let tupleOriginal: UInt16 = 1
    static let tupleReply: UInt16 = 2
    static let status: UInt16 = 3
    static let id: UInt16 = 12
    static let zone: UInt16 = 18
}

/// `enum ctattr_tuple`.
enum TupleAttribute {
    static let ip: UInt16 = 1
    static let `protocol`: UInt16 = 2
}

/// `enum ctattr_ip`.
enum AddressAttribute {
    static let v4Source: UInt16 = 1
    static let v4Destination: UInt16 = 2
    static let v6Source: UInt16 = 3
    static let v6Destination: UInt16 = 4
}

/// `enum ctattr_l4proto`.
enum ProtocolAttribute {
    static let number: UInt16 = 1
    static let sourcePort: UInt16 = 2
    static let destinationPort: UInt16 = 3
    static let icmpID: UInt16 = 4
    static let icmpType: UInt16 = 5
    static let icmpCode: UInt16 = 6
    static let icmpv6ID: UInt16 = 7
    static let icmpv6Type: UInt16 = 8
    static let icmpv6Code: UInt16 = 9
}

/// `enum ip_conntrack_status` (linux/netfilter/nf_conntrack_common.h).
enum EntryStatus {
    /// `IPS_EXPECTED`.
    static let expected: UInt32 = 1
}
