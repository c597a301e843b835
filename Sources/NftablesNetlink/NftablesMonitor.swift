import CNFTNL
public import Netlink
public import Nftables

/// Listens to the transactions of others in the network namespace of the thread that made it.
///
/// Start it before the first dump: then nothing falls between the two, though an event may be older than the dump.
public struct NftablesMonitor: ~Copyable, Sendable {
    private var socket: NetlinkSocket
    private let watched: [Table]
    /// Notifications of a transaction precede the one that tells whose it was, and may be taken before it.
    private var isOfUnknownWriter = false

    /// - Parameters:
    ///   - watched: The tables of which is told what changed.
    ///   - ownPortID: The socket whose transactions are no news.
    ///   - receiveBufferSize: How much the kernel queues before it drops events, in bytes; an element takes some 100.
    public init(
        _ watched: [Table], except ownPortID: UInt32, receiveBufferSize: Int32 = 8 << 20
    ) throws(NetlinkError) {
        var socket = try NetlinkSocket(family: .netfilter, receiveBufferSize: receiveBufferSize)
        try socket.discardEvents(from: ownPortID)
        try socket.join(group: Self.group)
        self.socket = socket
        self.watched = watched
    }

    /// `NFNLGRP_NFTABLES` (linux/netfilter/nfnetlink.h).
    private static let group: UInt32 = 7

    /// Readable, in terms of poll(2), when events are queued.
    public var fileDescriptor: Int32 { socket.fileDescriptor }

    /// Takes what is queued, without waiting.
    ///
    /// After an overrun the queue is empty: a dump begun then is newer than anything lost. An event that cannot be
    /// decoded counts as lost.
    ///
    /// - Parameter limit: How many datagrams to take at most. If that many were taken, the descriptor stays readable.
    public mutating func changes(limit: Int = 1024) throws(NetlinkError) -> RulesetChange {
        var change = RulesetChange()
        let watched = watched
        var isOfUnknownWriter = isOfUnknownWriter
        defer { self.isOfUnknownWriter = isOfUnknownWriter }
        do throws(NetlinkError) {
            _ = try socket.receiveEvents(limit: limit) { message throws(NetlinkError) in
                switch try RulesetEvent(message) {
                case .generation(let writer):
                    if isOfUnknownWriter, let writer, !change.writers.contains(writer) { change.writers.append(writer) }
                    isOfUnknownWriter = false
                case .object(let object):
                    let isOurs = change.take(object, watched)
                    isOfUnknownWriter = isOfUnknownWriter || isOurs
                case nil: break
                }
            }
        } catch {
            guard error.isOutcomeUnknown else { throw error }
            change.isOverrun = true
        }
        return change
    }
}

/// What one notification is about.
private enum RulesetEvent {
    case object(RulesetObject)
    /// The end of a transaction.
    case generation(RulesetWriter?)
}

private struct RulesetObject {
    enum Kind {
        case table, chain, set, other
    }

    let kind: Kind
    let family: UInt8
    let table: String
    /// The chain's or the set's.
    let name: String
    /// Elements alone change nothing of where packets go.
    let isElement: Bool
}

extension RulesetEvent {
    /// `nil` for a notification of something else.
    init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        guard message.type >> 8 == NetfilterMessage.subsystem else { return nil }
        let type = nf_tables_msg_types(UInt32(message.type & 0xff))
        if type == NFT_MSG_NEWGEN {
            self = .generation(try RulesetWriter(message))
            return
        }
        // The attribute that names the table is the first one of each kind of object.
        let (kind, nameAttribute): (RulesetObject.Kind, UInt16) =
            switch type {
            case NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE: (.table, 0)
            case NFT_MSG_NEWCHAIN, NFT_MSG_DELCHAIN: (.chain, UInt16(NFTA_CHAIN_NAME.rawValue))
            case NFT_MSG_NEWRULE, NFT_MSG_DELRULE: (.chain, UInt16(NFTA_RULE_CHAIN.rawValue))
            case NFT_MSG_NEWSET, NFT_MSG_DELSET: (.set, UInt16(NFTA_SET_NAME.rawValue))
            case NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM: (.set, UInt16(NFTA_SET_ELEM_LIST_SET.rawValue))
            default: (.other, 0)
            }
        var (table, name) = ("", "")
        var attributes = try message.attributes(after: NetfilterHeader.self)
        while let attribute = try attributes.next() {
            if attribute.type == UInt16(NFTA_TABLE_NAME.rawValue) { table = attribute.string }
            if attribute.type == nameAttribute { name = attribute.string }
        }
        self = .object(
            RulesetObject(
                kind: kind, family: try message.header(NetfilterHeader.self).family, table: table, name: name,
                isElement: type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM))
    }

}

extension RulesetWriter {
    /// `nil` where the kernel does not tell.
    fileprivate init?(_ message: borrowing ReceivedMessage) throws(NetlinkError) {
        var (name, processID): (String?, UInt32?)
        var attributes = try message.attributes(after: NetfilterHeader.self)
        while let attribute = try attributes.next() {
            switch UInt32(attribute.type) {
            case NFTA_GEN_PROC_NAME.rawValue: name = attribute.string
            case NFTA_GEN_PROC_PID.rawValue: processID = try attribute.bigEndian(UInt32.self)
            default: break
            }
        }
        guard let name, let processID else { return nil }
        self.init(name: name, processID: processID)
    }
}

extension RulesetChange {
    /// - Returns: Whether a watched table is concerned.
    fileprivate mutating func take(_ object: RulesetObject, _ watched: [Table]) -> Bool {
        guard let table = watched.first(where: { $0.family.rawValue == object.family && $0.name == object.table })
        else {
            concernsOthers = concernsOthers || !object.isElement
            return false
        }
        switch object.kind {
        case .table: tables[table, default: TableChange()].isWhole = true
        case .chain: tables[table, default: TableChange()].chains.insert(object.name)
        case .set: tables[table, default: TableChange()].sets.insert(object.name)
        // Counters, flow tables and the like are never ours, and do nothing unless a rule names them.
        case .other: return false
        }
        return true
    }
}
