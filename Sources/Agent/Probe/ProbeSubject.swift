import Dataplane
import DataplaneLinux
import NetworkValues

/// What of an endpoint decides which frames must not leave it.
struct ProbeSubject: Hashable, Sendable {
    var filter: MACFilter
    /// The host's end, where the frames go.
    var hostMAC: MACAddress
    /// The networks that are its own.
    var networks: [IPPrefix]
    var allowedSources: [IPPrefix] = []
    /// Those that its interface takes at all: what the kernel refuses before the filter, the filter cannot count.
    var families: Set<IPFamily> = [.v4, .v6]
    var takesARP = true
    var options: DataplaneOptions

    /// Each with one thing wrong. Where an endpoint may use every source, none is.
    var frames: [ProbeFrame] {
        switch filter {
        case .enforced(let mac):
            let foreign = Self.foreign(mac)
            return IPFamily.allCases.filter(families.contains).compactMap { family in
                (own(family) ?? stranger(family)).map { source in
                    .packet(.mac, "\(family.words) with a foreign MAC", from: foreign, to: hostMAC, source: source)
                }
            } + foreignMACInARP(mac, foreign) + claims(mac)
        case .absent: return claims(Self.anyMAC)
        case .unenforceable:
            return IPFamily.allCases.filter(families.contains).compactMap { family in
                (own(family) ?? stranger(family)).map { source in
                    .packet(
                        .mac, "\(family.words) of a closed endpoint", from: Self.anyMAC, to: hostMAC, source: source)
                }
            } + arpClaim(Self.anyMAC)
        }
    }

    /// What would be wrong with whatever MAC.
    private func claims(_ mac: MACAddress) -> [ProbeFrame] {
        var frames = arpClaim(mac)
        for family in IPFamily.allCases where families.contains(family) {
            if let stranger = stranger(family) {
                frames.append(
                    .packet(.ip, "\(family.words) with a foreign source", from: mac, to: hostMAC, source: stranger))
            }
            if options.filtersDHCP, let source = own(family) ?? stranger(family) {
                let ports = family == .v4 ? (67, 68) : (547, 546)
                frames.append(
                    .datagram(
                        "a DHCP server's reply in \(family.words)", from: mac, to: hostMAC, source: source, ports))
            }
        }
        guard families.contains(.v6) else { return frames }
        frames.append(
            .icmpv6(
                .ra, "a router advertisement", from: mac, to: hostMAC, source: Self.linkLocal, type: 134,
                body: [UInt8](repeating: 0, count: 12)))
        if options.filtersND {
            let target = Self.linkLocal.octets
            frames.append(
                .icmpv6(
                    .nd, "a neighbour solicitation out of shape", from: mac, to: hostMAC, source: Self.linkLocal,
                    type: 135, body: [0, 0, 0, 0] + target))
        }
        return frames
    }

    private func arpClaim(_ mac: MACAddress) -> [ProbeFrame] {
        guard takesARP, options.filtersARP, let stranger = Self.first(outside: networks, .v4) else { return [] }
        return [
            .arp("ARP with a foreign sender address", from: mac, to: hostMAC, senderMAC: mac, sender: stranger)
        ]
    }

    /// What it claims is true, so that a host which believed it would learn nothing wrong.
    private func foreignMACInARP(_ mac: MACAddress, _ foreign: MACAddress) -> [ProbeFrame] {
        guard takesARP, options.filtersARP, let own = own(.v4) else { return [] }
        return [.arp("ARP with a foreign MAC", from: foreign, to: hostMAC, senderMAC: mac, sender: own)]
    }

    private func own(_ family: IPFamily) -> IPAddress? { networks.first { $0.family == family }?.address }

    /// A source that is not allowed.
    private func stranger(_ family: IPFamily) -> IPAddress? { Self.first(outside: networks + allowedSources, family) }

    private static func first(outside prefixes: [IPPrefix], _ family: IPFamily) -> IPAddress? {
        strangers.first { address in address.family == family && !prefixes.contains { $0.contains(address) } }
    }

    /// Nobody's: class E and a network for documentation (RFC 1112, RFC 5737), the discard prefix and one for
    /// documentation (RFC 6666, RFC 3849).
    private static let strangers = [
        IPAddress(family: .v4, rawValue: 0xf000_0001), IPAddress(family: .v4, rawValue: 0xc633_6401),
        IPAddress(family: .v6, rawValue: 0x0100 << 112 | 1),
        IPAddress(family: .v6, rawValue: 0x2001_0db8_ffff_ffff << 64 | 1),
    ]

    /// Of no vendor's.
    private static let anyMAC = MACAddress(rawValue: 0x0200_0000_0001)

    private static let linkLocal = IPAddress(family: .v6, rawValue: 0xfe80 << 112 | 1)

    /// Another one that is no vendor's and no group's.
    private static func foreign(_ mac: MACAddress) -> MACAddress {
        MACAddress(rawValue: (mac.rawValue | 0x0200_0000_0000) & ~0x0100_0000_0000 ^ 1)
    }
}

extension IPFamily {
    fileprivate var words: String { self == .v4 ? "IPv4" : "IPv6" }
}
