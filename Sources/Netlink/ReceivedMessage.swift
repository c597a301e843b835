public import CMNL

/// One message from the kernel, in the socket's receive buffer: valid only in the closure it is handed to.
public struct ReceivedMessage: ~Copyable {
    /// The whole message, header first, for libnftnl's parsers.
    public let pointer: UnsafePointer<nlmsghdr>

    init(_ pointer: UnsafePointer<nlmsghdr>) {
        self.pointer = pointer
    }

    public var type: UInt16 { pointer.pointee.nlmsg_type }
    public var flags: MessageFlags { MessageFlags(rawValue: pointer.pointee.nlmsg_flags) }
    public var sequence: UInt32 { pointer.pointee.nlmsg_seq }
    public var portID: UInt32 { pointer.pointee.nlmsg_pid }

    /// What follows the netlink header.
    public var payload: UnsafeRawBufferPointer {
        let headerSize = MemoryLayout<nlmsghdr>.size
        return UnsafeRawBufferPointer(
            start: UnsafeRawPointer(pointer) + headerSize, count: Int(pointer.pointee.nlmsg_len) - headerSize)
    }

    /// The fixed header (`rtmsg`, `ndmsg`, `nfgenmsg`) at the beginning of the payload.
    /// - Throws: ``NetlinkError/Code/malformed(_:)`` when the message is too short for it.
    public func header<Header: BitwiseCopyable>(_: Header.Type) throws(NetlinkError) -> Header {
        guard payload.count >= MemoryLayout<Header>.size else {
            throw .malformed("message type \(type) has \(payload.count) bytes, too few for its header")
        }
        return payload.loadUnaligned(as: Header.self)
    }

    /// The attributes behind the fixed header.
    /// - Throws: ``NetlinkError/Code/malformed(_:)`` when the message is too short for that header.
    public func attributes<Header: BitwiseCopyable>(after _: Header.Type) throws(NetlinkError) -> AttributeReader {
        let size = (MemoryLayout<Header>.size + 3) & ~3
        guard payload.count >= size else {
            throw .malformed("message type \(type) has \(payload.count) bytes, too few for its header")
        }
        return AttributeReader(UnsafeRawBufferPointer(rebasing: payload[size...]))
    }
}

/// Walks the messages of one datagram. mnl_nlmsg_ok(3) is not used: up to libmnl 1.0.5 it compares a signed with an
/// unsigned length.
struct MessageReader {
    private var rest: UnsafeRawBufferPointer

    init(_ datagram: UnsafeRawBufferPointer) {
        rest = datagram
    }

    mutating func next() throws(NetlinkError) -> ReceivedMessage? {
        guard let base = rest.baseAddress, !rest.isEmpty else { return nil }
        let headerSize = MemoryLayout<nlmsghdr>.size
        guard rest.count >= headerSize else {
            throw .malformed("\(rest.count) stray bytes behind the messages")
        }
        let pointer = base.assumingMemoryBound(to: nlmsghdr.self)
        let length = Int(pointer.pointee.nlmsg_len)
        guard length >= headerSize, length <= rest.count else {
            throw .malformed("message type \(pointer.pointee.nlmsg_type) claims \(length) of \(rest.count) bytes")
        }
        let padded = min(length + (-length & 3), rest.count)
        rest = UnsafeRawBufferPointer(rebasing: rest[padded...])
        return ReceivedMessage(pointer)
    }
}

extension NetlinkError {
    /// An answer that does not hold together; the caller that knows the request puts its name in.
    static func malformed(_ what: String) -> NetlinkError {
        NetlinkError(.malformed(what), operation: "decode")
    }
}
