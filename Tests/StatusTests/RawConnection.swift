import Glibc

/// A client that sends what no HTTP library would.
final class RawConnection {
    struct Failure: Error { let errno: CInt }

    private let descriptor: CInt

    /// To a Unix socket.
    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(errno: errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all, or as much as the other end takes before it hangs up.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else {
                if errno == EPIPE || errno == ECONNRESET { return }
                throw Failure(errno: errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more will be sent.
    func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// What arrives until the other end closes.
    func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            // A connection that is closed over unread data ends with an error.
            if count < 0, errno != ECONNRESET { throw Failure(errno: errno) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    func exchange(_ request: String) throws -> String {
        try send(request)
        return try readToEnd()
    }

    /// Whether something arrives within so many milliseconds.
    func hasAnswer(within milliseconds: CInt) -> Bool {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptors, 1, milliseconds) > 0
    }

    /// Waits until something has arrived, and leaves it there.
    func awaitAnswer() throws {
        guard hasAnswer(within: 120_000) else { throw Failure(errno: ETIMEDOUT) }
    }

    /// Waits until the other end has closed, without taking what it sent.
    func awaitHangUp() throws {
        var descriptors = pollfd(fd: descriptor, events: 0, revents: 0)
        guard poll(&descriptors, 1, 120_000) > 0, descriptors.revents & Int16(POLLHUP) != 0 else {
            throw Failure(errno: ETIMEDOUT)
        }
    }
}
