import Glibc
import NetworkValues
import Testing

@testable import Routing

/// The frames octet by octet, as RFC 826, RFC 4861 and their readers have them.
struct TakeoverFrameTests {
    private let mac = MACAddress(rawValue: 0x0200_0000_ff01)

    private func octets(_ text: String) -> [UInt8] {
        text.split(whereSeparator: \.isWhitespace).joined().chunked.compactMap { UInt8($0, radix: 16) }
    }

    @Test func ofIPv4ItIsARequestToAllFromTheAddressForTheAddress() throws {
        let frame = TakeoverFrame(try IPAddress(parsing: "203.0.113.7"), at: mac)
        #expect(
            frame.octets
                == octets(
                    "ffffffffffff 02000000ff01 0806 0001 0800 06 04 0001 02000000ff01 cb007107 000000000000 cb007107"))
    }

    @Test func ofIPv6ItIsAnAdvertisementToAllNodesThatOverrides() throws {
        let frame = TakeoverFrame(
            try IPAddress(parsing: "2001:db8::7"), at: mac, source: try IPAddress(parsing: "fe80::1"))
        let expected = octets(
            """
            333300000001 02000000ff01 86dd 60000000 0020 3a ff fe800000000000000000000000000001
            ff020000000000000000000000000001 88 00 0000 20000000 20010db8000000000000000000000007 02 01 02000000ff01
            """)
        #expect(frame.octets.count == expected.count)
        #expect(Array(frame.octets[..<56]) == Array(expected[..<56]))
        #expect(Array(frame.octets[58...]) == Array(expected[58...]))
        // Pseudo-header and message, checksum included, sum up to all ones.
        let summed = Array(frame.octets[22..<54]) + [0, 0, 0, 32, 0, 0, 0, 58] + Array(frame.octets[54...])
        var sum = stride(from: 0, to: summed.count, by: 2).reduce(0) { $0 + Int(summed[$1]) << 8 + Int(summed[$1 + 1]) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        #expect(sum == 0xffff)
    }

    @Test func errorsSayWhatIsMissing() {
        #expect(
            FrameError(errno: EPERM, operation: "open a packet socket").description
                == "open a packet socket: Operation not permitted (EPERM); it takes CAP_NET_RAW: the unit's "
                + "CapabilityBoundingSet")
        #expect(FrameError(errno: EAFNOSUPPORT, operation: "x").description.contains("AF_PACKET"))
        #expect(FrameError(errno: ENOBUFS, operation: "x").remedy == nil)
    }
}

extension String {
    /// Pairs of characters.
    fileprivate var chunked: [Substring] {
        stride(from: 0, to: count, by: 2).map { self[index(startIndex, offsetBy: $0)...].prefix(2) }
    }
}
