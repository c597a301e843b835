import NetworkValues

extension IPPacket {
    /// A message of ICMPv6 (RFC 4443): `body` follows type, code and checksum. Neighbour discovery and multicast listener
    /// reports are valid only with the hop limits that they are given here.
    static func icmpv6(
        from source: IPAddress, to destination: IPAddress, type: UInt8, body: [UInt8] = [0, 0, 0, 0]
    ) -> IPPacket {
        let hopLimit: UInt8 =
            switch type {
            case 130, 131, 132, 143: 1
            case 133...137: 255
            default: 64
            }
        return IPPacket(
            source: source, destination: destination, protocol: ProtocolNumber.icmpv6,
            payload: [type, 0, 0, 0] + body, hopLimit: hopLimit
        ).withChecksum(at: 2, hasPseudoHeader: true)
    }

    /// The type of ICMP, if this is such a message.
    var icmpType: UInt8? {
        self.protocol == ProtocolNumber.icmp && source.family == .v4 ? payload.first : nil
    }

    /// The type of ICMPv6, if this is such a message.
    var icmpv6Type: UInt8? {
        self.protocol == ProtocolNumber.icmpv6 && source.family == .v6 ? payload.first : nil
    }

    /// The packet with an extension header of eight octets before its payload: hop-by-hop options (0), destination
    /// options (60), filled with padding (RFC 8200 section 4.2).
    func behind(_ header: ExtensionHeader) -> IPPacket {
        var packet = self
        packet.protocol = header.rawValue
        packet.payload = [self.protocol, 0, 1, 4, 0, 0, 0, 0] + payload
        return packet
    }

    /// The packet in two fragments (RFC 8200 section 4.5), parted at this offset of its payload, a multiple of 8.
    func fragments(at offset: Int, identification: UInt32 = 77) -> (first: IPPacket, second: IPPacket) {
        func part(_ range: Range<Int>, moreFollow: Bool) -> IPPacket {
            var packet = self
            packet.protocol = 44
            packet.payload =
                [self.protocol, 0] + UInt16(range.lowerBound | (moreFollow ? 1 : 0)).octets + identification.octets
                + payload[range]
            return packet
        }
        return (part(0..<offset, moreFollow: true), part(offset..<payload.count, moreFollow: false))
    }
}

enum ExtensionHeader: UInt8, Sendable, CaseIterable {
    case hopByHop = 0
    case destinationOptions = 60
}
