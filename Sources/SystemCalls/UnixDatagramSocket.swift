import Glibc

/// A Unix datagram socket that never blocks and only sends, closed with its owner.
package struct UnixDatagramSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// - Throws: ``SystemCallError`` when descriptors or memory have run out.
    package init() throws(SystemCallError) {
        let type = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard let descriptor = Descriptor(socket(AF_UNIX, Int32(type), 0)) else {
            throw SystemCallError(operation: "open a Unix datagram socket", errno: errno)
        }
        self.descriptor = descriptor
    }

    /// Hands the bytes to whoever is bound to the address, in one piece or not at all.
    ///
    /// - Throws: ``SystemCallError``: `EAGAIN` when the receiver has no room for more now, `EMSGSIZE` when it never has,
    ///   `ECONNREFUSED` or `ENOENT` when there is none.
    package borrowing func send(_ bytes: some Sequence<UInt8>, to address: UnixSocketAddress) throws(SystemCallError) {
        let bytes = Array(bytes)
        let sent = uninterrupted {
            address.withPointer { pointer, length in
                sendto(descriptor.rawValue, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
        guard sent >= 0 else { throw SystemCallError(operation: "send to a Unix socket", errno: errno) }
    }
}
