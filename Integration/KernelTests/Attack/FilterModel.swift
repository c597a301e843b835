import NetworkValues

/// What one endpoint with a MAC may send, written from the promise and from the RFCs, and not from any rule: the fuzzer
/// holds the kernel to it. It knows what the kernel takes for the same frame (its tags, lengths and headers), for what a
/// filter does not see as the receiver does, it cannot judge.
struct FilterModel {
    var mac: MACAddress
    var addresses: [IPAddress]
    /// The MAC of the host's end; a frame to any other unicast address is not the host's.
    var hostMAC: MACAddress

    enum Verdict: Equatable {
        /// It must not pass, for this reason.
        case forbidden(String)
        /// It must pass.
        case permitted
        /// It may pass or not: nothing is promised about it, or the kernel may well discard it before the filter.
        case either
    }

    func verdict(_ frame: Frame) -> Verdict {
        guard frame.octets.count > 14 else { return .forbidden("no frame") }
        let isGroup = frame.octets[0] & 1 == 1
        guard isGroup || frame.destination == hostMAC else { return .forbidden("not to the host") }
        var rest = frame.octets[12...]
        while let type = rest.number(at: 0), type == 0x8100 || type == 0x88a8 {
            guard let tag = rest.number(at: 2), tag & 0xfff == 0 else { return .forbidden("in a VLAN") }
            rest = rest.dropFirst(4)
        }
        let body = rest.dropFirst(2)
        switch rest.number(at: 0) {
        case 0x0806: return arp(body, frame.source)
        case 0x0800: return ipv4(body, frame.source)
        case 0x86dd: return ipv6(body, frame.source)
        default: return .forbidden("neither IP nor ARP")
        }
    }

    // MARK: ARP (RFC 826, RFC 5227)

    private func arp(_ packet: ArraySlice<UInt8>, _ source: MACAddress) -> Verdict {
        guard packet.count >= 28, packet.starts(with: [0, 1, 8, 0, 6, 4]) else {
            return .forbidden("not of Ethernet and IPv4")
        }
        guard source == mac else { return .forbidden("foreign MAC") }
        guard packet.octets(8..<14) == mac.octets else { return .forbidden("foreign sender MAC") }
        let sender = IPAddress(octets: packet.octets(14..<18))
        if addresses.contains(where: { $0 == sender }) { return .permitted }
        let isProbe = sender?.rawValue == 0 && packet.number(at: 6) == 1
        return isProbe ? .permitted : .forbidden("foreign sender address")
    }

    // MARK: IPv4 (RFC 791)

    private func ipv4(_ packet: ArraySlice<UInt8>, _ ether: MACAddress) -> Verdict {
        guard let first = packet.first, first >> 4 == 4, first & 15 >= 5, let total = packet.number(at: 2) else {
            return .forbidden("not IPv4")
        }
        let header = Int(first & 15) * 4
        guard packet.count >= total, total >= header, internetChecksum(packet.octets(0..<header)) == 0 else {
            return .forbidden("a header that no host takes")
        }
        guard ether == mac else { return .forbidden("foreign MAC") }
        let fragment = packet.number(at: 6) ?? 0
        let isLater = fragment & 0x1fff != 0
        let payload = packet.dropFirst(header).prefix(total - header)
        let isUDP = packet.octets(9..<10) == [17]
        let ports = isUDP && !isLater ? payload.ports : nil
        if let ports, ports == (67, 68) { return .forbidden("a DHCP server's") }
        let source = packet.octets(12..<16)
        if addresses.contains(where: { $0.octets == source }) {
            if let ports, ports == (547, 546) { return .either }
            return .permitted
        }
        guard source == [0, 0, 0, 0], packet.octets(16..<20) == [255, 255, 255, 255], let ports, ports == (68, 67)
        else { return .forbidden("foreign address") }
        // RFC 2131: chaddr stands behind 28 octets of the message.
        guard payload.count >= 42, payload.octets(36..<42) == mac.octets else { return .forbidden("a foreign client") }
        return fragment & 0x2000 == 0 ? .permitted : .either
    }

    // MARK: IPv6 (RFC 8200)

    private func ipv6(_ packet: ArraySlice<UInt8>, _ ether: MACAddress) -> Verdict {
        guard packet.count >= 40, packet.octets(0..<1)[0] >> 4 == 6, let length = packet.number(at: 4),
            let source = IPAddress(octets: packet.octets(8..<24)),
            let destination = IPAddress(octets: packet.octets(24..<40))
        else { return .forbidden("not IPv6") }
        let first = packet.octets(6..<7)[0]
        // Only a jumbogram has no length.
        let isJumbo = length == 0 && first == 0
        guard packet.count >= 40 + length else { return .forbidden("longer than its frame") }
        guard ether == mac else { return .forbidden("foreign MAC") }
        let payload = packet.dropFirst(40).prefix(isJumbo ? Int.max : length)
        let message = IPv6Message(
            source: source, destination: destination, hopLimit: packet.octets(7..<8)[0], first: first, payload)
        let verdict = message.map { self.verdict($0) } ?? .forbidden("no transport protocol")
        guard verdict == .permitted else { return verdict }
        // The kernel reads hop-by-hop options before any filter, and turns away destinations that are on no link. Nobody
        // has a use for a header that is cut short, and it is dropped here or there.
        let hasUsualOptions = [[1, 4, 0, 0, 0, 0], [5, 2, 0, 0, 1, 0]].contains(payload.octets(2..<8))
        let isOddOptions = first == 0 && (isJumbo || payload.octets(1..<2) != [0] || !hasUsualOptions)
        let scope = destination.octets[0] == 0xff ? destination.octets[1] & 15 : 2
        return isOddOptions || message?.isCut == true || scope < 2 || destination.rawValue <= 1 ? .either : .permitted
    }

    private func isOwn(_ address: IPAddress) -> Bool { addresses.contains(address) || isLinkLocal(address) }

    /// fe80::/64 (RFC 4291 section 2.5.6).
    private func isLinkLocal(_ address: IPAddress) -> Bool { address.rawValue >> 64 == 0xfe80_0000_0000_0000 }

    private func verdict(_ message: IPv6Message) -> Verdict {
        guard message.transport == 58 else {
            if message.transport == 17, !message.isLaterFragment, let ports = message.body.ports, ports == (547, 546) {
                return .forbidden("a DHCP server's")
            }
            guard isOwn(message.source) else { return .forbidden("foreign address") }
            // Nobody has a use for the ports of the other family's servers.
            if message.transport == 17, let ports = message.body.ports, ports == (67, 68) { return .either }
            let next = message.transport == 51 ? message.body.first : nil
            return next.map { $0 == 51 || IPv6Message.extensionHeaders.contains($0) } == true ? .either : .permitted
        }
        guard !message.isLaterFragment else {
            return isOwn(message.source) ? .permitted : .forbidden("foreign address")
        }
        switch message.body.first {
        case nil: return .forbidden("ICMPv6 without a type")
        case 134, 137: return .forbidden("a router's")
        case 133, 135, 136: return discovery(message)
        case let type? where [130, 131, 132, 143].contains(type) && message.source.rawValue == 0:
            guard message.destination.octets.starts(with: [0xff, 2]) else {
                return .forbidden("from nobody, off the link")
            }
            return message.isFragment ? .either : .permitted
        case 1, 2, 3, 4, 128, 129, 130, 131, 132, 143:
            return isOwn(message.source) ? .permitted : .forbidden("foreign address")
        default: return .forbidden("ICMPv6 of no use")
        }
    }

    /// Neighbour discovery by workloads (RFC 4861, RFC 4862, RFC 6980, RFC 7527).
    private func discovery(_ message: IPv6Message) -> Verdict {
        let isFromNobody = message.source.rawValue == 0
        guard message.isPlain, message.hopLimit == 255 else { return .forbidden("discovery in a wrapping") }
        guard isOwn(message.source) || isFromNobody else { return .forbidden("foreign address") }
        let body = message.body
        let start = body.first == 133 ? 8 : 24
        guard body.count == start || body.count == start + 8 else { return .forbidden("discovery of another length") }
        let option = body.octets(start..<body.count)
        let link: (UInt8) -> Bool = { option.isEmpty || option == [$0, 1] + mac.octets }
        let target = IPAddress(octets: body.octets(8..<24))
        let isOwnTarget = target.map(isOwn) ?? false
        let isHonest =
            switch (body.first, isFromNobody) {
            case (133, true): option.isEmpty
            case (133, false), (135, false): link(1)
            case (135, true): isOwnTarget && (option.isEmpty || option.starts(with: [14, 1]))
            case (136, false): isOwnTarget && link(2)
            default: false
            }
        guard isHonest else { return .forbidden("discovery about others") }
        // No host takes one with a code, and nothing is said about it.
        return body.octets(1..<2) == [0] ? .permitted : .either
    }
}

/// An IPv6 packet as its receiver reads it: through the headers up to the transport's. `nil` where they end before, or
/// go on behind a fragment's.
///
/// An authentication header ends them as an encrypted payload does: whoever takes what stands behind it shares a key with
/// the sender.
private struct IPv6Message {
    var source: IPAddress
    var destination: IPAddress
    var hopLimit: UInt8
    var transport: UInt8
    var body: ArraySlice<UInt8>
    var isPlain = true
    var isFragment = false
    var isLaterFragment = false
    /// A header claims more than there is.
    var isCut = false

    static let extensionHeaders: [UInt8] = [0, 43, 44, 60]

    init?(
        source: IPAddress, destination: IPAddress, hopLimit: UInt8, first: UInt8, _ payload: ArraySlice<UInt8>
    ) {
        (self.source, self.destination, self.hopLimit) = (source, destination, hopLimit)
        (transport, body) = (first, payload)
        while Self.extensionHeaders.contains(transport) {
            guard !isFragment, let header = body.number(at: 0) else { return nil }
            isPlain = false
            var length = (header & 0xff) * 8 + 8
            if transport == 44 {
                guard let position = body.number(at: 2) else { return nil }
                length = 8
                isFragment = true
                isLaterFragment = position & 0xfff8 != 0
            }
            transport = UInt8(header >> 8)
            isCut = isCut || length > body.count
            body = body.dropFirst(length)
        }
        guard !isFragment || transport != 51 else { return nil }
    }
}

extension ArraySlice<UInt8> {
    /// The octets at these places counted from the start; fewer where it ends before.
    fileprivate func octets(_ range: Range<Int>) -> [UInt8] { Array(dropFirst(range.lowerBound).prefix(range.count)) }

    /// The two octets there as a number.
    fileprivate func number(at offset: Int) -> Int? {
        let pair = octets(offset..<offset + 2)
        return pair.count == 2 ? Int(pair[0]) << 8 | Int(pair[1]) : nil
    }

    fileprivate var ports: (Int, Int)? {
        guard let source = number(at: 0), let destination = number(at: 2) else { return nil }
        return (source, destination)
    }
}
