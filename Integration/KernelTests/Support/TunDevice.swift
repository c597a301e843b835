import Glibc
import NetworkValues

/// A TUN or TAP device (tuntap.rst of the kernel's documentation): what is written to it comes out of the interface as if
/// from a link, and what is sent by the interface is read here. The interface goes with the last reference.
final class TunDevice: Sendable {
    enum Mode: UInt16, Sendable {
        /// Packets without a header before IP's.
        case tun = 1
        /// Ethernet frames.
        case tap = 2
    }

    private let descriptor: Int32
    let interfaceName: String

    // linux/if_tun.h
    private static let setInterface: UInt = 0x4004_54ca
    private static let setHardwareType: UInt = 0x4004_54cd

    /// Makes the interface in a namespace, and leaves it down.
    init(_ interfaceName: String, _ mode: Mode, in namespace: NetworkNamespace) throws {
        self.interfaceName = interfaceName
        descriptor = try namespace.run {
            // The namespace of whoever opens it is the interface's.
            let descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw TestKitError("cannot open /dev/net/tun: errno \(errno)") }
            var request = Array(interfaceName.utf8)
            request += [UInt8](repeating: 0, count: 40 - request.count)
            request[16] = UInt8(mode.rawValue)
            guard ioctl(descriptor, Self.setInterface, &request) == 0 else {
                let error = TestKitError("TUNSETIFF \(interfaceName): errno \(errno)")
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the interface one of another type (`ARPHRD_*`), with addresses as that has them; it must be down.
    func set(hardwareType: Int32) throws {
        guard ioctl(descriptor, Self.setHardwareType, hardwareType) == 0 else {
            throw TestKitError("TUNSETLINK \(hardwareType): errno \(errno)")
        }
    }

    func send(_ packet: IPPacket) throws { try send(type: packet.etherType, packet.octets) }

    func send(_ frame: Frame) throws { try send(type: frame.type, frame.octets) }

    /// What follows the header that says which protocol it is (`struct tun_pi`).
    func send(type: UInt16, _ octets: [UInt8]) throws {
        let bytes = [0, 0] + type.octets + octets
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TestKitError("write to \(interfaceName): errno \(errno)")
        }
    }

    /// The first packet that fits, among those not yet taken; `nil` when none came in time. Of a TUN device.
    func receive(within limit: Duration = .seconds(2), where fits: (IPPacket) -> Bool) throws -> IPPacket? {
        let deadline = ContinuousClock.now + limit
        var buffer = [UInt8](repeating: 0, count: 65536)
        let noMAC = MACAddress(rawValue: 0)
        while ContinuousClock.now < deadline {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 20) > 0 else { continue }
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 4 else { continue }
            let type = UInt16(buffer[2]) << 8 | UInt16(buffer[3])
            let frame = Frame(from: noMAC, to: noMAC, type: type, payload: Array(buffer[4..<count]))
            if let packet = IPPacket(frame), fits(packet) { return packet }
        }
        return nil
    }
}
