import CMNL
import Glibc

/// What one attempt to receive came to.
enum Datagram {
    /// So many bytes stand in the receive buffer.
    case received(Int)
    /// Nothing is queued.
    case none
    /// Messages were lost: the socket's queue was full, or one was longer than the receive buffer (which has grown).
    case overrun
}

extension NetlinkSocket {
    /// Hands the batch to the kernel, which carries it out before this returns: netlink requests run within sendmsg(2).
    mutating func send(_ batch: borrowing MessageBatch, operation: String, object: String?) throws(NetlinkError) {
        growSendBuffer(for: batch.byteCount)
        var kernel = sockaddr_nl()
        kernel.nl_family = sa_family_t(AF_NETLINK)
        let bytes = batch.storage.bytes
        while true {
            let sent = withUnsafePointer(to: kernel) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        fileDescriptor, bytes.baseAddress, bytes.count, 0, $0,
                        socklen_t(MemoryLayout<sockaddr_nl>.size))
                }
            }
            if sent >= 0 { return }
            if errno != EINTR { throw .systemCall(operation, object) }
        }
    }

    /// A batch is one skb, and an skb longer than the send buffer less 32 bytes is refused with EMSGSIZE.
    private mutating func growSendBuffer(for byteCount: Int) {
        let wanted = Int32(clamping: min(byteCount + 64, Int(Int32.max / 2)))
        guard wanted > max(sendBufferSize, 64 << 10), handle.setSendBuffer(wanted) else { return }
        sendBufferSize = Int(wanted)
    }

    /// Takes one datagram off the queue without waiting. Only the kernel is believed: what another process sent to
    /// this socket is skipped.
    mutating func receive(operation: String, object: String?) throws(NetlinkError) -> Datagram {
        while true {
            var sender = sockaddr_nl()
            var senderSize = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let buffer = receiveBuffer.bytes
            let received = withUnsafeMutablePointer(to: &sender) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(
                        fileDescriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT | MSG_TRUNC), $0,
                        &senderSize)
                }
            }
            if received < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return .none
                case ENOBUFS: return .overrun
                default: throw .systemCall(operation, object)
                }
            }
            guard sender.nl_pid == 0 else { continue }
            if received > buffer.count {
                receiveBuffer.grow(to: received * 2)
                return .overrun
            }
            return .received(received)
        }
    }

    /// The messages of the datagram received last.
    func messages(_ count: Int) -> MessageReader {
        MessageReader(UnsafeRawBufferPointer(rebasing: receiveBuffer.bytes[..<count]))
    }

    /// Discards queued answers to a request that was abandoned.
    mutating func discardLeftovers() throws(NetlinkError) {
        guard hasLeftovers else { return }
        try discardQueue()
        hasLeftovers = false
    }

    /// Empties the socket's queue. A dump under way is read to its end, since each receive queues its next part.
    mutating func discardQueue() throws(NetlinkError) {
        while true {
            if case .none = try receive(operation: "receive", object: nil) { return }
        }
    }
}
