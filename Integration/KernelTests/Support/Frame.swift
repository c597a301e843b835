import NetworkValues

/// An Ethernet frame, built or received, with what attack tests need of the protocols above it. What is not given is
/// valid, checksums included, so that a frame is dropped for the one thing that is wrong with it.
struct Frame: Sendable {
    var octets: [UInt8]

    init(octets: [UInt8]) {
        self.octets = octets
    }

    init(from source: MACAddress, to destination: MACAddress, type: UInt16, payload: [UInt8]) {
        octets = destination.octets + source.octets + type.octets + payload
    }

    static let broadcast = MACAddress(rawValue: 0xffff_ffff_ffff)

    var destination: MACAddress { MACAddress(octets: octets[0..<6])! }
    var source: MACAddress { MACAddress(octets: octets[6..<12])! }
    var type: UInt16 { UInt16(octets[12]) << 8 | UInt16(octets[13]) }
    var payload: ArraySlice<UInt8> { octets[14...] }
}

enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86dd
}

enum ProtocolNumber {
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let icmpv6: UInt8 = 58
}

// MARK: ARP

/// The body of an ARP frame (RFC 826).
struct ARPPacket: Equatable {
    static let request: UInt16 = 1
    static let reply: UInt16 = 2

    var operation: UInt16
    var senderMAC: MACAddress
    var senderAddress: IPAddress
    var targetMAC = MACAddress(rawValue: 0)
    var targetAddress: IPAddress

    var octets: [UInt8] {
        [0, 1, 8, 0, 6, 4] + operation.octets + senderMAC.octets + senderAddress.octets + targetMAC.octets
            + targetAddress.octets
    }
}

extension ARPPacket {
    init?(_ frame: Frame) {
        let payload = Array(frame.payload)
        guard frame.type == EtherType.arp, payload.count >= 28, Array(payload[0..<6]) == [0, 1, 8, 0, 6, 4] else {
            return nil
        }
        self.init(
            operation: UInt16(payload[6]) << 8 | UInt16(payload[7]), senderMAC: MACAddress(octets: payload[8..<14])!,
            senderAddress: IPAddress(octets: payload[14..<18])!, targetMAC: MACAddress(octets: payload[18..<24])!,
            targetAddress: IPAddress(octets: payload[24..<28])!)
    }
}

// MARK: IP

/// An IPv4 or IPv6 packet without options or extension headers.
struct IPPacket: Equatable {
    var source: IPAddress
    var destination: IPAddress
    var `protocol`: UInt8
    var payload: [UInt8]
    var hopLimit: UInt8 = 64
    /// IPv4: identification, offset in bytes and whether more follow.
    var fragment: (identification: UInt16, offset: Int, moreFollow: Bool) = (0, 0, false)

    static func == (left: Self, right: Self) -> Bool { left.octets == right.octets }

    var etherType: UInt16 { source.family == .v4 ? EtherType.ipv4 : EtherType.ipv6 }

    var octets: [UInt8] {
        switch source.family {
        case .v4:
            let position = UInt16(fragment.offset / 8) | (fragment.moreFollow ? 0x2000 : 0)
            var header: [UInt8] =
                [0x45, 0] + UInt16(20 + payload.count).octets + fragment.identification.octets + position.octets
                + [hopLimit, self.protocol, 0, 0] + source.octets + destination.octets
            header.replaceSubrange(10..<12, with: internetChecksum(header).octets)
            return header + payload
        case .v6:
            return [0x60, 0, 0, 0] + UInt16(payload.count).octets + [self.protocol, hopLimit] + source.octets
                + destination.octets + payload
        }
    }

    func frame(from source: MACAddress, to destination: MACAddress) -> Frame {
        Frame(from: source, to: destination, type: etherType, payload: octets)
    }
}

extension IPPacket {
    init?(_ frame: Frame) {
        let octets = Array(frame.payload)
        switch frame.type {
        case EtherType.ipv4 where octets.count >= 20 && octets[0] >> 4 == 4:
            let header = Int(octets[0] & 15) * 4
            let length = Int(octets[2]) << 8 | Int(octets[3])
            let position = UInt16(octets[6]) << 8 | UInt16(octets[7])
            guard header >= 20, length >= header, length <= octets.count else { return nil }
            self.init(
                source: IPAddress(octets: octets[12..<16])!, destination: IPAddress(octets: octets[16..<20])!,
                protocol: octets[9], payload: Array(octets[header..<length]), hopLimit: octets[8],
                fragment: (
                    UInt16(octets[4]) << 8 | UInt16(octets[5]), Int(position & 0x1fff) * 8, position & 0x2000 != 0
                ))
        case EtherType.ipv6 where octets.count >= 40 && octets[0] >> 4 == 6:
            let length = Int(octets[4]) << 8 | Int(octets[5])
            guard 40 + length <= octets.count else { return nil }
            self.init(
                source: IPAddress(octets: octets[8..<24])!, destination: IPAddress(octets: octets[24..<40])!,
                protocol: octets[6], payload: Array(octets[40..<40 + length]), hopLimit: octets[7])
        default: return nil
        }
    }

    /// The message's type and identifier, if this is an ICMP or ICMPv6 echo request or reply.
    var echo: (type: UInt8, identifier: UInt16)? {
        let types: [UInt8] = source.family == .v4 ? [0, 8] : [128, 129]
        guard self.protocol == (source.family == .v4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6),
            payload.count >= 8, types.contains(payload[0])
        else { return nil }
        return (payload[0], UInt16(payload[4]) << 8 | UInt16(payload[5]))
    }

    // MARK: What the packets carry

    static func echoRequest(
        from source: IPAddress, to destination: IPAddress, identifier: UInt16, data: [UInt8] = Array(0..<32)
    ) -> IPPacket {
        let isIPv4 = source.family == .v4
        let body = [isIPv4 ? 8 : 128, 0, 0, 0] + identifier.octets + [0, 1] + data
        return IPPacket(
            source: source, destination: destination,
            protocol: isIPv4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6, payload: body
        ).withChecksum(at: 2, hasPseudoHeader: !isIPv4)
    }

    static func udp(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        data: [UInt8] = []
    ) -> IPPacket {
        let body = sourcePort.octets + destinationPort.octets + UInt16(8 + data.count).octets + [0, 0] + data
        return IPPacket(
            source: source, destination: destination, protocol: ProtocolNumber.udp, payload: body
        ).withChecksum(at: 6, hasPseudoHeader: true)
    }

    /// A TCP segment without options or data; `flags` 2 is SYN, 16 ACK, 4 RST.
    static func tcp(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        flags: UInt8, sequence: UInt32 = 1, acknowledgement: UInt32 = 0
    ) -> IPPacket {
        let body: [UInt8] =
            sourcePort.octets + destinationPort.octets + sequence.octets + acknowledgement.octets
            + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
        return IPPacket(
            source: source, destination: destination, protocol: ProtocolNumber.tcp, payload: body
        ).withChecksum(at: 16, hasPseudoHeader: true)
    }

    /// The packet with the checksum of its payload filled in, at this offset of the payload.
    func withChecksum(at offset: Int, hasPseudoHeader: Bool) -> IPPacket {
        var packet = self
        packet.payload.replaceSubrange(offset..<offset + 2, with: [0, 0])
        let pseudoHeader =
            source.octets + destination.octets + UInt32(payload.count).octets + UInt32(self.protocol).octets
        let sum = internetChecksum((hasPseudoHeader ? pseudoHeader : []) + packet.payload)
        packet.payload.replaceSubrange(offset..<offset + 2, with: sum.octets)
        return packet
    }
}

/// RFC 1071.
func internetChecksum(_ octets: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: octets.count, by: 2) {
        sum += UInt32(octets[index]) << 8 | (index + 1 < octets.count ? UInt32(octets[index + 1]) : 0)
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
}

extension FixedWidthInteger {
    /// The number in network order.
    var octets: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
