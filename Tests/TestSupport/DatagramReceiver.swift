import Glibc

/// Somebody who listens on a Unix datagram socket, as a service manager or journald does.
public final class DatagramReceiver: Sendable {
    private let descriptor: Int32

    /// - Parameter path: a file that does not exist yet; after `@`, an abstract name.
    public init(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        precondition(bound == 0)
    }

    deinit { close(descriptor) }

    /// The next datagram, or `nil` if none comes within the time.
    public func receive(within milliseconds: Int32 = 120_000) -> [UInt8]? {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// The next datagram as text.
    public func text(within milliseconds: Int32 = 120_000) -> String? {
        receive(within: milliseconds).map { String(decoding: $0, as: UTF8.self) }
    }
}
