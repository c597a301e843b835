import CMNL
import Glibc

/// What an `NLMSG_ERROR` or `NLMSG_DONE` message says: success, or an errno with its extended ACK.
struct KernelReply {
    /// 0 for success.
    let errno: Int32
    let kernelMessage: String?
    let offset: Int?

    /// Reads `struct nlmsgerr` and the attributes behind it.
    ///
    /// The request's header follows the error; of a failed request the rest follows as well, unless `NETLINK_CAP_ACK`
    /// is set (`NLM_F_CAPPED`). Only then come the attributes.
    init(errorMessage message: borrowing ReceivedMessage) throws(NetlinkError) {
        let original = try message.header(nlmsgerr.self).msg
        var attributesStart = MemoryLayout<nlmsgerr>.size
        if !message.flags.contains(.capped), original.nlmsg_len > MemoryLayout<nlmsghdr>.size {
            attributesStart += (Int(original.nlmsg_len) - MemoryLayout<nlmsghdr>.size + 3) & ~3
        }
        try self.init(message, attributesStart: attributesStart)
    }

    /// Reads the end of a dump: an `errno`, and attributes behind it.
    init(doneMessage message: borrowing ReceivedMessage) throws(NetlinkError) {
        try self.init(message, attributesStart: MemoryLayout<Int32>.size)
    }

    private init(_ message: borrowing ReceivedMessage, attributesStart: Int) throws(NetlinkError) {
        // Negated without a trap on Int32.min: the number comes from outside.
        errno = 0 &- (try message.header(Int32.self))
        var text: String?
        var offset: Int?
        if message.flags.contains(.acknowledgementAttributes), attributesStart <= message.payload.count {
            var attributes = AttributeReader(UnsafeRawBufferPointer(rebasing: message.payload[attributesStart...]))
            while let attribute = try attributes.next() {
                switch UInt32(attribute.type) {
                case NLMSGERR_ATTR_MSG.rawValue: text = attribute.string
                case NLMSGERR_ATTR_OFFS.rawValue: offset = Int(try attribute.integer(UInt32.self))
                default: break
                }
            }
        }
        kernelMessage = text
        self.offset = offset
    }

    /// The refusal, or `nil` for success.
    func error(_ operation: String, _ object: String? = nil) -> NetlinkError? {
        errno == 0
            ? nil
            : NetlinkError(
                .refused(errno: errno), operation: operation, object: object, kernelMessage: kernelMessage,
                offset: offset)
    }
}

extension MessageFlags {
    /// `NLM_F_MULTI`: part of an answer that `NLMSG_DONE` ends.
    static let multipart = Self(rawValue: UInt16(NLM_F_MULTI))
    /// `NLM_F_DUMP_INTR`: objects changed since the dump began.
    static let dumpInterrupted = Self(rawValue: UInt16(NLM_F_DUMP_INTR))
    /// `NLM_F_CAPPED`, in an `NLMSG_ERROR`: of the request, only the header is repeated.
    static let capped = Self(rawValue: UInt16(NLM_F_CAPPED))
    /// `NLM_F_ACK_TLVS`, in `NLMSG_ERROR` and `NLMSG_DONE`: attributes follow.
    static let acknowledgementAttributes = Self(rawValue: UInt16(NLM_F_ACK_TLVS))
}
