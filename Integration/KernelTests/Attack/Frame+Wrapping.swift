import NetworkValues

/// What attackers wrap packets in.
extension IPPacket {
    /// The packet with an extension header of this number before its payload; `body` follows the next header and the
    /// length, which count as well towards the multiple of eight octets.
    func behind(_ number: UInt8, _ body: [UInt8]) -> IPPacket {
        var packet = self
        packet.protocol = number
        // An authentication header counts in units of four octets, less two (RFC 4302 section 2.2).
        let length = number == 51 ? (body.count + 2) / 4 - 2 : (body.count + 2) / 8 - 1
        packet.payload = [self.protocol, UInt8(length)] + body + payload
        return packet
    }

    /// Behind hop-by-hop options with a router alert, as reports of listeners are sent (RFC 2711).
    var behindRouterAlert: IPPacket { behind(0, [5, 2, 0, 0, 1, 0]) }

    /// Behind a routing header with no segments left, which every node passes over (RFC 8200 section 4.4).
    var behindRouting: IPPacket { behind(43, [4, 0, 0, 0, 0, 0]) }

    var behindAuthentication: IPPacket { behind(51, [0, 0] + [UInt8](repeating: 1, count: 20)) }

    /// As a fragment that is the whole packet (RFC 6946).
    var atomicFragment: IPPacket { fragments(at: payload.count).first.withFragmentBits(0) }

    /// A fragment's offset in octets and whether more follow, where the fragment header comes first.
    func withFragmentBits(_ bits: UInt16) -> IPPacket {
        var packet = self
        packet.payload.replaceSubrange(2..<4, with: bits.octets)
        return packet
    }

    /// An IPv4 packet in two fragments, parted at this offset of its payload, a multiple of 8.
    func fragments4(at offset: Int, identification: UInt16 = 77) -> (first: IPPacket, second: IPPacket) {
        var parts = (first: self, second: self)
        parts.first.payload = Array(payload[..<offset])
        parts.first.fragment = (identification, 0, true)
        parts.second.payload = Array(payload[offset...])
        parts.second.fragment = (identification, offset, false)
        return parts
    }

    /// The IPv4 packet with options (RFC 791 section 3.1), a multiple of four octets.
    func frame(from source: MACAddress, to destination: MACAddress, options: [UInt8]) -> Frame {
        var octets = octets
        octets[0] = 0x45 + UInt8(options.count / 4)
        octets.replaceSubrange(2..<4, with: UInt16(octets.count + options.count).octets)
        octets.replaceSubrange(10..<12, with: [0, 0])
        octets.insert(contentsOf: options, at: 20)
        octets.replaceSubrange(10..<12, with: internetChecksum(Array(octets[..<(20 + options.count)])).octets)
        return Frame(from: source, to: destination, type: EtherType.ipv4, payload: octets)
    }

    /// A message of neighbour discovery (RFC 4861 section 4), valid but for what is given.
    static func discovery(
        _ type: UInt8, from source: IPAddress, to destination: IPAddress, hopLimit: UInt8 = 255, code: UInt8 = 0,
        target: IPAddress? = nil, flags: UInt8 = 0, _ options: [UInt8] = []
    ) -> IPPacket {
        var packet = icmpv6(
            from: source, to: destination, type: type, body: [flags, 0, 0, 0] + (target?.octets ?? []) + options)
        packet.hopLimit = hopLimit
        packet.payload[1] = code
        return packet.withChecksum(at: 2, hasPseudoHeader: true)
    }
}

extension Frame {
    /// Behind a tag (IEEE 802.1Q) of this VLAN; 0 names none and carries a priority only.
    func tagged(_ vlan: UInt16 = 0, type: UInt16 = 0x8100) -> Frame {
        Frame(octets: Array(octets[..<12]) + type.octets + (0xe000 | vlan).octets + Array(octets[12...]))
    }

    /// With an octet of what follows the Ethernet header changed.
    func with(_ value: UInt8, at offset: Int) -> Frame {
        var frame = self
        frame.octets[14 + offset] = value
        return frame
    }
}

/// Options of neighbour discovery (RFC 4861 section 4.6, RFC 3971 section 5.3.2).
enum DiscoveryOption {
    static func source(_ mac: MACAddress) -> [UInt8] { [1, 1] + mac.octets }
    static func target(_ mac: MACAddress) -> [UInt8] { [2, 1] + mac.octets }
    static let nonce: [UInt8] = [14, 1, 1, 2, 3, 4, 5, 6]
}
