public import CMNL

/// Netlink messages in one contiguous buffer, to be handed to the kernel by one sendmsg(2).
///
/// Messages carry consecutive sequence numbers, so that an answer names the message it belongs to: its index here is
/// the index of whatever operation the caller made it from.
///
/// One buffer rather than one iovec per message: the kernel takes at most 1024 iovecs, and an nf_tables transaction
/// must be one sendmsg.
public struct MessageBatch: ~Copyable, Sendable {
    var storage: ByteStorage
    /// The sequence number of the first message.
    public let firstSequence: UInt32
    /// How many messages there are.
    public private(set) var count = 0
    private var lastOffset = 0

    /// An empty batch. Take `firstSequence` from ``NetlinkSocket/nextSequence``, so that answers to earlier requests on
    /// that socket are not taken for answers to this one.
    public init(firstSequence: UInt32 = 1, capacity: Int = 4096) {
        self.firstSequence = firstSequence
        storage = ByteStorage(capacity: capacity)
    }

    public var isEmpty: Bool { count == 0 }

    public var byteCount: Int { storage.count }

    /// The sequence number of the message appended last.
    public var lastSequence: UInt32? { isEmpty ? nil : firstSequence &+ UInt32(count - 1) }

    /// The index of the message with this sequence number, or `nil` if the number is not of this batch.
    public func index(ofSequence sequence: UInt32) -> Int? {
        let index = Int(sequence &- firstSequence)
        return index < count ? index : nil
    }

    /// The batch as the kernel will read it; the pointer is valid in `body` only.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(storage.bytes)
    }

    /// Appends a message that `body` completes through a pointer to its header, as libmnl and libnftnl do: they write
    /// behind the header and add to its `nlmsg_len`. The header comes filled in.
    ///
    /// - Parameters:
    ///   - type: The message type; for nfnetlink, subsystem and message together.
    ///   - flags: `NLM_F_REQUEST` is added.
    ///   - reserve: How many bytes, header included, `body` may write. Those libraries check no bounds, so this has to
    ///     cover the worst case: a nested attribute holds up to 64 KiB. Writing more is a programming error and traps.
    ///   - place: What of the batch as it is stands behind what `body` writes once more.
    /// - Returns: The message's sequence number. When `body` throws, nothing is appended.
    @discardableResult
    @inlinable
    public mutating func append<Failure: Error>(
        type: UInt16, flags: MessageFlags, reserve: Int = 128 << 10, copying place: Range<Int>? = nil,
        _ body: (UnsafeMutablePointer<nlmsghdr>) throws(Failure) -> Void
    ) throws(Failure) -> UInt32 {
        let start = byteCount
        let header = beginMessage(type: type, flags: flags, reserve: reserve)
        do throws(Failure) {
            try body(header)
        } catch {
            takeWritten(from: start, reserve: reserve)
            discardMessage(from: start)
            throw error
        }
        takeWritten(from: start, reserve: reserve)
        return endMessage(from: start, copying: place)
    }

    @usableFromInline
    mutating func beginMessage(
        type: UInt16, flags: MessageFlags, reserve: Int
    ) -> UnsafeMutablePointer<nlmsghdr> {
        let start = storage.count
        storage.reserve(max(reserve, MemoryLayout<nlmsghdr>.size) + 3)
        beginMessage(type: type, flags: flags)
        return storage.pointer(at: start).assumingMemoryBound(to: nlmsghdr.self)
    }

    /// Takes in what a library has written behind the header.
    @usableFromInline
    mutating func takeWritten(from start: Int, reserve: Int) {
        let header = storage.pointer(at: start).assumingMemoryBound(to: nlmsghdr.self)
        let (length, headerSize) = (Int(header.pointee.nlmsg_len), MemoryLayout<nlmsghdr>.size)
        precondition(
            length >= headerSize && length <= max(reserve, headerSize),
            "a netlink message was written beyond its reserved room")
        storage.extend(to: start + length)
    }

    @usableFromInline
    mutating func discardMessage(from start: Int) { storage.truncate(to: start) }

    @usableFromInline
    mutating func endMessage(from start: Int, copying place: Range<Int>?) -> UInt32 {
        let sequence = firstSequence &+ UInt32(count)
        // Answers are matched by the batch's own sequence, whatever the body made of the header.
        storage.pointer(at: start).assumingMemoryBound(to: nlmsghdr.self).pointee.nlmsg_seq = sequence
        storage.pad()
        if let place { append(copyOf: place, toMessageAt: start) }
        endMessage(from: start)
        return sequence
    }

    /// Appends a message made of a fixed header (`rtmsg`, `ndmsg`, `nfgenmsg`) and the attributes that `body` puts.
    /// - Returns: The message's sequence number. When `body` throws, nothing is appended.
    @discardableResult
    public mutating func append<Header: BitwiseCopyable, Failure: Error>(
        type: UInt16, flags: MessageFlags, header: Header,
        _ body: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) -> UInt32 {
        let start = storage.count
        let sequence = beginMessage(type: type, flags: flags)
        storage.append(header)
        storage.pad()
        var writer = MessageWriter()
        swap(&storage, &writer.storage)
        defer { swap(&storage, &writer.storage) }
        do {
            try body(&writer)
        } catch {
            writer.storage.truncate(to: start)
            throw error
        }
        writer.storage.store(UInt32(writer.storage.count - start), at: start)
        endMessage(from: start)
        return sequence
    }

    /// Appends a message made of a fixed header alone.
    /// - Returns: The message's sequence number.
    @discardableResult
    public mutating func append(
        type: UInt16, flags: MessageFlags, header: some BitwiseCopyable
    ) -> UInt32 {
        append(type: type, flags: flags, header: header) { _ in }
    }

    /// Has the kernel acknowledge the message appended last: when that answer is here, so are those to all before it.
    /// - Returns: Its sequence number, to be given to ``NetlinkSocket/transact(_:expectingAckFor:)``; `nil` if empty.
    @discardableResult
    public mutating func requestAcknowledgement() -> UInt32? {
        guard let lastSequence else { return nil }
        let header = storage.pointer(at: lastOffset).assumingMemoryBound(to: nlmsghdr.self)
        header.pointee.nlmsg_flags |= MessageFlags.acknowledge.rawValue
        return lastSequence
    }

    @discardableResult
    private mutating func beginMessage(type: UInt16, flags: MessageFlags) -> UInt32 {
        let sequence = firstSequence &+ UInt32(count)
        storage.append(
            nlmsghdr(
                nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size), nlmsg_type: type,
                nlmsg_flags: flags.union(.request).rawValue, nlmsg_seq: sequence, nlmsg_pid: 0))
        return sequence
    }

    private mutating func append(copyOf place: Range<Int>, toMessageAt start: Int) {
        precondition(place.lowerBound >= 0 && place.upperBound <= start, "a copy of what is not in the batch")
        storage.reserve(place.count + 3)
        storage.append(UnsafeRawBufferPointer(rebasing: storage.bytes[place]))
        storage.pad()
        storage.store(UInt32(storage.count - start), at: start)
    }

    private mutating func endMessage(from start: Int) {
        lastOffset = start
        count += 1
    }
}
