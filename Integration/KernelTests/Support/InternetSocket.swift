import Glibc
import NetworkValues

/// The kernel's own IPv4 sockets, for tests that ask what an application sees. Open them within
/// ``NetworkNamespace/run(_:)``; they may be used from anywhere.
struct InternetSocket: ~Copyable, Sendable {
    private let descriptor: Int32
    let port: UInt16

    /// `struct sockaddr_in`.
    private struct SocketAddress {
        var family = UInt16(AF_INET)
        var networkPort: UInt16 = 0
        var networkAddress: UInt32 = 0
        var padding: UInt64 = 0

        init(_ address: IPAddress? = nil, _ port: UInt16 = 0) {
            networkPort = port.bigEndian
            networkAddress = address.map { UInt32(truncatingIfNeeded: $0.rawValue).bigEndian } ?? 0
        }

        var address: IPAddress { IPAddress(family: .v4, rawValue: UInt128(UInt32(bigEndian: networkAddress))) }
    }

    struct Datagram {
        let text: String
        let source: IPAddress
        let port: UInt16
    }

    /// A datagram socket; port 0 is any free one.
    static func datagrams(port: UInt16 = 0) throws -> InternetSocket {
        try bound(SOCK_DGRAM, port)
    }

    /// A listening stream socket.
    static func listener(port: UInt16) throws -> InternetSocket {
        let socket = try bound(SOCK_STREAM, port)
        guard listen(socket.descriptor, 8) == 0 else { throw TestKitError("listen: errno \(errno)") }
        return socket
    }

    private static func bound(_ type: __socket_type, _ port: UInt16) throws -> InternetSocket {
        let descriptor = socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestKitError("socket: errno \(errno)") }
        var address = SocketAddress(nil, port)
        var length = socklen_t(MemoryLayout<SocketAddress>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else {
            let error = TestKitError("bind to port \(port): errno \(errno)")
            close(descriptor)
            throw error
        }
        return InternetSocket(descriptor: descriptor, port: UInt16(bigEndian: address.networkPort))
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String, to address: IPAddress, port: UInt16) throws {
        let destination = SocketAddress(address, port)
        let octets = Array(text.utf8)
        let sent = withUnsafePointer(to: destination) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, octets, octets.count, 0, $0, socklen_t(MemoryLayout<SocketAddress>.size))
            }
        }
        guard sent == octets.count else { throw TestKitError("send to \(address): errno \(errno)") }
    }

    /// The next datagram; `nil` when none comes in time.
    func receive(within limit: Duration = .seconds(2)) -> Datagram? {
        guard isReadable(within: limit) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65536)
        var source = SocketAddress()
        var length = socklen_t(MemoryLayout<SocketAddress>.size)
        let count = withUnsafeMutablePointer(to: &source) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT), $0, &length)
            }
        }
        guard count >= 0 else { return nil }
        return Datagram(
            text: String(decoding: buffer[..<count], as: UTF8.self), source: source.address,
            port: UInt16(bigEndian: source.networkPort))
    }

    /// The next connection; an error when none comes in time.
    func accept(within limit: Duration = .seconds(2)) throws -> InternetSocket {
        guard isReadable(within: limit) else { throw TestKitError("nobody connected to port \(port)") }
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { throw TestKitError("accept: errno \(errno)") }
        return InternetSocket(descriptor: connection, port: port)
    }

    private func isReadable(within limit: Duration) -> Bool {
        let milliseconds = limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, Int32(clamping: milliseconds)) > 0
    }
}
