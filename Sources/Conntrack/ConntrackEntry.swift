public import NetworkValues

/// One direction of a flow as conntrack knows it (`struct nf_conntrack_tuple`).
public struct ConntrackTuple: Hashable, Sendable {
    /// What tells flows of one protocol between the same addresses apart.
    public enum Transport: Hashable, Sendable {
        /// The protocol has nothing that conntrack knows.
        case none
        /// Ports; in GRE the keys of both directions stand in their place.
        case ports(source: UInt16, destination: UInt16)
        case icmp(type: UInt8, code: UInt8, id: UInt16)
    }

    public var source: IPAddress
    public var destination: IPAddress
    public var `protocol`: UInt8
    public var transport: Transport

    public init(
        source: IPAddress, destination: IPAddress, protocol: UInt8, transport: Transport = .none
    ) {
        self.source = source
        self.destination = destination
        self.protocol = `protocol`
        self.transport = transport
    }
}

/// A flow that the kernel tracks. Where it translates addresses, the reply's are not the original's turned round.
public struct ConntrackEntry: Hashable, Sendable {
    /// As the first packet came: before any translation.
    public var original: ConntrackTuple
    /// As answers come: from whoever the flow really leads to, to whatever its opener is seen as.
    public var reply: ConntrackTuple
    /// Flows of different zones may have the same addresses (`CTA_ZONE`).
    public var zone: UInt16
    /// Tells an entry from a later one with the same addresses (`CTA_ID`); `nil` where the kernel gave none.
    public var id: UInt32?
    /// Whether another flow announced this one (`IPS_EXPECTED`), as FTP's control connection does its data: no rule
    /// for new flows has judged it.
    public var isExpected: Bool
    /// The attributes within `CTA_TUPLE_ORIG` as the kernel gave them. They name the entry in a deletion, whatever its
    /// protocol keeps in there.
    var originalAttributes: [UInt8]

    public init(
        original: ConntrackTuple, reply: ConntrackTuple, zone: UInt16 = 0, id: UInt32? = nil, isExpected: Bool = false
    ) {
        self.init(
            original: original, reply: reply, zone: zone, id: id, isExpected: isExpected, originalAttributes: [])
    }

    init(
        original: ConntrackTuple, reply: ConntrackTuple, zone: UInt16, id: UInt32?, isExpected: Bool,
        originalAttributes: [UInt8]
    ) {
        self.original = original
        self.reply = reply
        self.zone = zone
        self.id = id
        self.isExpected = isExpected
        self.originalAttributes = originalAttributes
    }

    public var family: IPFamily { original.source.family }
}

extension ConntrackEntry: CustomStringConvertible {
    /// `flow 17 10.65.0.1 → 192.0.2.2`, as far as a person needs it to find the entry in the output of conntrack(8).
    public var description: String {
        "flow of protocol \(original.protocol), \(original.source) to \(original.destination)"
            + (zone == 0 ? "" : " in zone \(zone)")
    }
}
