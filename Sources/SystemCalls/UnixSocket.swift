import CLinux
import Glibc

/// Where a Unix socket is found (unix(7)).
package enum UnixSocketAddress: Hashable, Sendable {
    /// A file.
    case path(String)
    /// A name that the kernel keeps per network namespace and frees with the socket, however that ends.
    case abstract(String)

    /// - Returns: What `body` returns, or -1 with `ENAMETOOLONG` when the text does not fit into `sun_path`.
    func withPointer<Result: SignedInteger>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name starts with a zero and has no end but the address's length; a path ends with one.
        let bytes: [UInt8] =
            switch self {
            case .path(let path): Array(path.utf8) + [0]
            case .abstract(let name): [0] + Array(name.utf8)
            }
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            guard bytes.count <= buffer.count else { return false }
            buffer.copyBytes(from: bytes)
            return true
        }
        guard fits else {
            errno = ENAMETOOLONG
            return -1
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

/// A Unix stream socket that never blocks, closed with its owner.
package struct UnixSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Occupies the address and listens there.
    /// - Throws: ``SystemCallError``; `EADDRINUSE` when it is occupied.
    package init(listeningOn address: UnixSocketAddress) throws(SystemCallError) {
        descriptor = try Self.open("listen on a Unix socket") { descriptor in
            address.withPointer { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 16) == 0
        }
    }

    /// Connects to whoever listens at the address.
    /// - Throws: ``SystemCallError``; `EAGAIN` when somebody listens and is too busy to accept.
    package init(connectedTo address: UnixSocketAddress) throws(SystemCallError) {
        descriptor = try Self.open("connect to a Unix socket") { descriptor in
            address.withPointer { connect(descriptor, $0, $1) } == 0
        }
    }

    private static func open(
        _ operation: String, _ use: (Int32) -> Bool
    ) throws(SystemCallError) -> Descriptor {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard let descriptor = Descriptor(socket(AF_UNIX, Int32(type), 0)), use(descriptor.rawValue) else {
            throw SystemCallError(operation: operation, errno: errno)
        }
        return descriptor
    }

    /// The process at the other end, as far as this one may see it (`SO_PEERCRED`).
    package var peer: Int32? {
        var credentials = clinux_peer_credentials()
        guard clinux_peer(descriptor.rawValue, &credentials) == 0, credentials.process > 0 else { return nil }
        return credentials.process
    }
}
