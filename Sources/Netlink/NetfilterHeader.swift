/// `struct nfgenmsg` (linux/netfilter/nfnetlink.h), which also includes linux/netfilter.h and with it structures that
/// collide with the C library's.
public struct NetfilterHeader: BitwiseCopyable, Sendable {
    /// `NFPROTO_*`; for IPv4 and IPv6 the numbers of `AF_INET` and `AF_INET6`.
    public var family: UInt8
    var version: UInt8 = 0
    /// In network byte order.
    var resource: UInt16

    public init(family: UInt8, resource: UInt16 = 0) {
        self.family = family
        self.resource = resource
    }
}
