import Glibc

/// Sends whole frames out of one interface (packet(7)), past the addresses, routes, filters and queues of its namespace.
/// Nothing is ever received by it.
package struct FrameSender: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let interfaceIndex: Int32

    /// `struct sockaddr_ll`, whose header cannot be imported beside Glibc.
    private struct LinkLayerAddress {
        var family = UInt16(AF_PACKET)
        var networkProtocol: UInt16 = 0
        var interfaceIndex: Int32
        var hardwareType: UInt16 = 0
        var packetType: UInt8 = 0
        var addressLength: UInt8 = 0
        var address: UInt64 = 0
    }

    // linux/if_packet.h and linux/socket.h
    private static let packetLevel: Int32 = 263
    private static let bypassQueue: Int32 = 20

    /// - Parameter interfaceIndex: Of an interface in the calling thread's namespace.
    /// - Throws: ``SystemCallError``: `EPERM` without CAP_NET_RAW.
    package init(interfaceIndex: UInt32) throws(SystemCallError) {
        // With protocol 0 the socket takes no frames.
        guard let descriptor = Descriptor(socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), 0)) else {
            throw SystemCallError(operation: "open a packet socket", errno: errno)
        }
        // Frames then wait behind nobody's, and hold up nobody's. Where there is no such option (before 3.14) they may.
        var isOn: Int32 = 1
        setsockopt(
            descriptor.rawValue, Self.packetLevel, Self.bypassQueue, &isOn, socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = descriptor
        self.interfaceIndex = Int32(bitPattern: interfaceIndex)
    }

    /// - Throws: ``SystemCallError``: `ENETDOWN` when the interface is down, `ENXIO` when there is none,
    ///   `ENOBUFS` when it takes nothing.
    package borrowing func send(_ frame: [UInt8]) throws(SystemCallError) {
        let address = LinkLayerAddress(interfaceIndex: interfaceIndex)
        let sent = uninterrupted {
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor.rawValue, frame, frame.count, 0, $0, 20)
                }
            }
        }
        guard sent == frame.count else { throw SystemCallError(operation: "send a frame", errno: errno) }
    }
}
