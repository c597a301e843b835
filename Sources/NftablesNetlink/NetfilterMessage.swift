import CNFTNL
import Netlink

/// nfnetlink's message types: the subsystem in the high byte.
enum NetfilterMessage {
    /// `NFNL_SUBSYS_NFTABLES`.
    static let subsystem: UInt16 = 10
    static let batchBegin: UInt16 = 16
    static let batchEnd: UInt16 = 17

    static func type(_ message: nf_tables_msg_types) -> UInt16 {
        subsystem << 8 | UInt16(message.rawValue)
    }
}

extension MessageBatch {
    /// Appends the delimiters of a transaction. All between them takes effect together or not at all; without the end
    /// the kernel discards the batch, having answered to its messages.
    mutating func appendDelimiter(_ type: UInt16) {
        append(
            type: type, flags: [],
            header: NetfilterHeader(family: 0, resource: NetfilterMessage.subsystem.bigEndian))
    }
}

extension ReceivedMessage {
    /// What follows nfnetlink's header; `nil` for a message that is too short for one.
    var netfilterAttributes: UnsafeRawBufferPointer? {
        let (payload, size) = (payload, MemoryLayout<NetfilterHeader>.size)
        return payload.count >= size ? UnsafeRawBufferPointer(rebasing: payload[size...]) : nil
    }
}
