import Glibc
import NetworkValues

/// The kernel's own sockets, for tests that ask what an application sees. Each serves both families: IPv4 addresses are
/// mapped ones to it (ipv6(7)). Open them within ``NetworkNamespace/run(_:)``; they may be used from anywhere.
struct InternetSocket: ~Copyable, Sendable {
    private let descriptor: Int32
    let port: UInt16

    /// `struct sockaddr_in6`.
    private struct SocketAddress {
        var family = UInt16(AF_INET6)
        var networkPort: UInt16 = 0
        var flowInformation: UInt32 = 0
        var networkAddress: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var scope: UInt32 = 0

        private static let mapped: UInt128 = 0xffff << 32

        /// - Parameter address: `nil` is every address of the host.
        init(_ address: IPAddress? = nil, _ port: UInt16 = 0) {
            networkPort = port.bigEndian
            guard let address else { return }
            let value = address.family == .v4 ? Self.mapped | address.rawValue : address.rawValue
            func word(_ shift: UInt128) -> UInt32 { UInt32(truncatingIfNeeded: value >> shift).bigEndian }
            networkAddress = (word(96), word(64), word(32), word(0))
        }

        var address: IPAddress {
            let words = [networkAddress.0, networkAddress.1, networkAddress.2, networkAddress.3]
            let value = words.reduce(UInt128(0)) { $0 << 32 | UInt128(UInt32(bigEndian: $1)) }
            return value >> 32 == Self.mapped >> 32
                ? IPAddress(family: .v4, rawValue: value & 0xffff_ffff) : IPAddress(family: .v6, rawValue: value)
        }
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
        let descriptor = socket(AF_INET6, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestKitError("socket: errno \(errno)") }
        // Whatever net.ipv6.bindv6only says.
        var isIPv6Only: Int32 = 0
        setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &isIPv6Only, socklen_t(MemoryLayout<Int32>.size))
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
