import Glibc
import NetworkValues

/// Sends and receives whole Ethernet frames on one interface (packet(7)), past addresses, routes and filters of the
/// namespace it is opened in. Open it within ``NetworkNamespace/run(_:)``.
struct PacketSocket: ~Copyable, Sendable {
    private let descriptor: Int32

    /// `struct sockaddr_ll`, whose header cannot be imported beside Glibc.
    private struct LinkLayerAddress {
        var family = UInt16(AF_PACKET)
        var networkProtocol: UInt16
        var interfaceIndex: Int32
        var hardwareType: UInt16 = 0
        var packetType: UInt8 = 0
        var addressLength: UInt8 = 0
        var address: UInt64 = 0
    }

    private static let everyProtocol = UInt16(0x0003).bigEndian  // ETH_P_ALL

    init(interface: String) throws {
        let index = if_nametoindex(interface)
        guard index > 0 else { throw TestKitError("no interface \(interface) in this namespace") }
        descriptor = try Self.open(index)
    }

    private static func open(_ index: UInt32) throws -> Int32 {
        let descriptor = socket(
            AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(everyProtocol))
        guard descriptor >= 0 else { throw TestKitError("packet socket: errno \(errno)") }
        let address = LinkLayerAddress(networkProtocol: everyProtocol, interfaceIndex: Int32(index))
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, 20) }
        }
        guard bound == 0 else {
            let error = TestKitError("bind packet socket: errno \(errno)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// From now on, what this interface itself sends is not received (`PACKET_IGNORE_OUTGOING`, Linux 4.20).
    func ignoreOutgoing() throws {
        var isOn: Int32 = 1
        guard setsockopt(descriptor, 263, 23, &isOn, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw TestKitError("packet socket: errno \(errno)")
        }
    }

    func send(_ frame: Frame) throws {
        let sent = Glibc.send(descriptor, frame.octets, frame.octets.count, 0)
        guard sent == frame.octets.count else { throw TestKitError("send frame: errno \(errno)") }
    }

    /// The first frame that fits, among those that came since the socket was opened and are not yet taken; `nil` when
    /// none came in time. Frames that this interface sends are seen as well.
    func receive(within limit: Duration = .seconds(2), where fits: (Frame) -> Bool) throws -> Frame? {
        let deadline = ContinuousClock.now + limit
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let left = deadline - ContinuousClock.now
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, Int32(clamping: max(milliseconds, 0)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { continue }
            let frame = Frame(octets: Array(buffer[..<count]))
            if fits(frame) { return frame }
        }
    }
}
