import CPeers
import Glibc

/// A packet socket on an interface: what it sends enters the other end of a veth pair, what it hears came out of it.
final class Listener {
    private let descriptor: Int32

    init(_ interface: String) throws {
        descriptor = cpeers_packet_socket(interface)
        guard descriptor >= 0 else { throw HarnessError.system("a packet socket on \(interface)") }
    }

    deinit { close(descriptor) }

    func send(_ frame: [UInt8]) throws {
        guard write(descriptor, frame, frame.count) == frame.count else { throw HarnessError.system("send a frame") }
    }

    /// Whether an IPv4 packet from this address has come, after everything that came before it was looked at.
    func hasHeard(from address: [UInt8]) -> Bool {
        var frame = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = recv(descriptor, &frame, frame.count, Int32(MSG_DONTWAIT))
            guard count >= 34 else { return false }
            if Array(frame[26..<30]) == address { return true }
        }
    }
}

/// A UDP packet of a workload in its frame.
func frame(ofEndpoint number: Int) -> [UInt8] {
    let (high, low) = (UInt8(number / 256 % 256), UInt8(number % 256))
    let source: [UInt8] = [10, UInt8(64 + number / 65536), high, low]
    var header: [UInt8] = [0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0] + source + [192, 0, 2, 2]
    var sum = stride(from: 0, to: header.count, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    (header[10], header[11]) = (UInt8(~sum >> 8 & 0xff), UInt8(~sum & 0xff))
    let datagram: [UInt8] = [0x13, 0x88, 0x13, 0x88, 0, 12, 0, 0, 1, 2, 3, 4]
    return [6, 0, 0, UInt8(number / 65536), high, low, 2, 0, 0, UInt8(number / 65536), high, low, 8, 0] + header
        + datagram
}
