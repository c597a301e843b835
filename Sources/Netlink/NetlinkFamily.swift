import CMNL

/// A netlink protocol (netlink(7)): which part of the kernel a socket talks to.
public enum NetlinkFamily: String, Hashable, Sendable, CaseIterable {
    /// Links, addresses, routes and neighbours (rtnetlink(7), `NETLINK_ROUTE`).
    case route
    /// nf_tables and conntrack (`NETLINK_NETFILTER`).
    case netfilter

    var bus: Int32 {
        switch self {
        case .route: NETLINK_ROUTE
        case .netfilter: NETLINK_NETFILTER
        }
    }
}

/// The flags of a request (`NLM_F_*` in linux/netlink.h).
///
/// Some bits mean one thing in a request that reads, another in one that writes; the names tell them apart.
public struct MessageFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// `NLM_F_REQUEST`: set by ``MessageBatch`` on every message; the kernel ignores messages without it.
    public static let request = Self(rawValue: UInt16(NLM_F_REQUEST))
    /// `NLM_F_ACK`: the kernel answers success as well as failure.
    public static let acknowledge = Self(rawValue: UInt16(NLM_F_ACK))
    /// `NLM_F_ECHO`: the kernel sends the resulting notification back to the requester.
    public static let echo = Self(rawValue: UInt16(NLM_F_ECHO))

    /// `NLM_F_DUMP`, in requests that read: every object instead of one.
    public static let dump = Self(rawValue: UInt16(NLM_F_ROOT | NLM_F_MATCH))

    /// `NLM_F_REPLACE`, in requests that write: an object with the same key is overwritten.
    public static let replace = Self(rawValue: UInt16(NLM_F_REPLACE))
    /// `NLM_F_EXCL`, in requests that write: an object with the same key is an error (`EEXIST`).
    public static let exclusive = Self(rawValue: UInt16(NLM_F_EXCL))
    /// `NLM_F_CREATE`, in requests that write: an absent object is created.
    public static let create = Self(rawValue: UInt16(NLM_F_CREATE))
    /// `NLM_F_APPEND`, in requests that write: added behind what has the same key.
    public static let append = Self(rawValue: UInt16(NLM_F_APPEND))

    /// `NLM_F_NONREC`, in requests that delete: an object with children is an error.
    public static let nonRecursive = Self(rawValue: UInt16(NLM_F_NONREC))
}
