import DataplaneLinux
import NetworkValues
import Routing

/// A frame as a workload could send it, and that the source filter must drop.
///
/// Each would do no harm if the filter let it pass. IP goes to the groups for experiments (224.0.0.254 and ff02::114,
/// RFC 4727): nobody listens there, no router forwards them (hop limit 1 besides), and no kernel answers a multicast with
/// an error. Neighbour discovery and router advertisements have a hop limit other than 255, for which every receiver
/// discards them (RFC 4861 section 6.1 and 7.1). ARP is a reply that nobody asked for, with a sender that is nobody's.
struct ProbeFrame: Hashable, Sendable {
    /// Why it must be dropped, which is where it must be counted.
    let reason: DropReason
    /// What is wrong with it, such as `IPv4 with a foreign MAC`.
    let title: String
    let octets: [UInt8]

    private static func group(_ family: IPFamily) -> IPAddress {
        switch family {
        case .v4: IPAddress(family: .v4, rawValue: 0xe000_00fe)
        case .v6: IPAddress(family: .v6, rawValue: 0xff02 << 112 | 0x114)
        }
    }

    static func packet(
        _ reason: DropReason, _ title: String, from mac: MACAddress, to hostMAC: MACAddress, source: IPAddress,
        protocol: UInt8 = experiment, payload: [UInt8] = []
    ) -> ProbeFrame {
        let isIPv4 = source.family == .v4
        let group = group(source.family)
        let header =
            isIPv4
            ? header4(source, group, `protocol`, payload.count)
            : header6(source, group, `protocol`, payload.count)
        let type: [UInt8] = isIPv4 ? [0x08, 0x00] : [0x86, 0xdd]
        return ProbeFrame(
            reason: reason, title: title, octets: hostMAC.octets + mac.octets + type + header + payload)
    }

    /// The protocol number for experiments (RFC 3692).
    static let experiment: UInt8 = 253

    private static let hopLimit: UInt8 = 1

    private static func header4(
        _ source: IPAddress, _ destination: IPAddress, _ number: UInt8, _ length: Int
    ) -> [UInt8] {
        var header: [UInt8] =
            [0x45, 0] + octets(20 + length) + [0, 0, 0, 0, hopLimit, number, 0, 0] + source.octets + destination.octets
        header.replaceSubrange(10..<12, with: octets(Int(internetChecksum(header))))
        return header
    }

    private static func header6(
        _ source: IPAddress, _ destination: IPAddress, _ number: UInt8, _ length: Int
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + octets(length) + [number, hopLimit] + source.octets + destination.octets
    }

    /// UDP without data, and in IPv4 without a checksum.
    static func datagram(
        _ title: String, from mac: MACAddress, to hostMAC: MACAddress, source: IPAddress, _ ports: (Int, Int)
    ) -> ProbeFrame {
        let payload = octets(ports.0) + octets(ports.1) + octets(8)
        let sum = source.family == .v4 ? 0 : Int(internetChecksum(pseudoHeader(source, 17, 8) + payload))
        return packet(
            .dhcp, title, from: mac, to: hostMAC, source: source, protocol: 17, payload: payload + octets(sum))
    }

    /// ICMPv6 with a right checksum and a hop limit that no receiver takes neighbour discovery with.
    static func icmpv6(
        _ reason: DropReason, _ title: String, from mac: MACAddress, to hostMAC: MACAddress, source: IPAddress,
        type: UInt8, body: [UInt8]
    ) -> ProbeFrame {
        let sum = Int(internetChecksum(pseudoHeader(source, 58, 4 + body.count) + [type, 0, 0, 0] + body))
        return packet(
            reason, title, from: mac, to: hostMAC, source: source, protocol: 58,
            payload: [type, 0] + octets(sum) + body)
    }

    /// An ARP reply to the host in which the sender claims an address, to an address that is nobody's.
    static func arp(
        _ title: String, from mac: MACAddress, to hostMAC: MACAddress, senderMAC: MACAddress, sender: IPAddress
    ) -> ProbeFrame {
        let target = IPAddress(family: .v4, rawValue: 0xf000_0001)
        let body: [UInt8] =
            [0, 1, 8, 0, 6, 4, 0, 2] + senderMAC.octets + sender.octets + hostMAC.octets + target.octets
        return ProbeFrame(
            reason: .arp, title: title, octets: hostMAC.octets + mac.octets + [0x08, 0x06] + body)
    }

    private static func pseudoHeader(_ source: IPAddress, _ number: UInt8, _ length: Int) -> [UInt8] {
        source.octets + group(.v6).octets + [0, 0] + octets(length) + [0, 0, 0, number]
    }

    private static func octets(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}
