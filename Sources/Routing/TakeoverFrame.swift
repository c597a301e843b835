public import NetworkValues

/// What tells everybody on a link that an address has a new link-layer address, without having been asked.
public struct TakeoverFrame: Hashable, Sendable {
    /// The whole Ethernet frame.
    public let octets: [UInt8]

    /// A gratuitous ARP request of an IPv4 address: sender and target are the address itself (RFC 5227 section 2.3), in the
    /// form that most systems believe.
    public init(_ address: IPAddress, at hardwareAddress: MACAddress) {
        let ethernetIPv4: [UInt8] = [0, 1, 8, 0, 6, 4]
        let request: [UInt8] = [0, 1]
        octets =
            Self.header(to: Self.broadcast, from: hardwareAddress, type: [8, 6]) + ethernetIPv4 + request
            + hardwareAddress.octets + address.octets + [UInt8](repeating: 0, count: 6) + address.octets
    }

    /// An unsolicited neighbour advertisement of an IPv6 address to all nodes (RFC 4861 section 7.2.6): it overrides what
    /// they know, and does not make the address a router's.
    /// - Parameter source: An address of the interface's own.
    public init(_ address: IPAddress, at hardwareAddress: MACAddress, source: IPAddress) {
        let override: [UInt8] = [0x20, 0, 0, 0]
        let targetLinkLayerAddress: [UInt8] = [2, 1]
        var message =
            [136, 0, 0, 0] + override + address.octets + targetLinkLayerAddress + hardwareAddress.octets
        let length = UInt8(message.count)
        let icmpv6: UInt8 = 58
        // RFC 8200 section 8.1.
        let sum = internetChecksum(source.octets + Self.allNodes + [0, 0, 0, length, 0, 0, 0, icmpv6] + message)
        message.replaceSubrange(2..<4, with: [UInt8(sum >> 8), UInt8(sum & 0xff)])
        let hopLimit: UInt8 = 255
        octets =
            Self.header(to: Self.allNodesGroup, from: hardwareAddress, type: [0x86, 0xdd])
            + [0x60, 0, 0, 0, 0, length, icmpv6, hopLimit] + source.octets + Self.allNodes + message
    }

    private static let broadcast = [UInt8](repeating: 0xff, count: 6)
    /// `ff02::1`, and the Ethernet group it is sent to (RFC 2464 section 7).
    private static let allNodes: [UInt8] = [0xff, 2] + [UInt8](repeating: 0, count: 13) + [1]
    private static let allNodesGroup: [UInt8] = [0x33, 0x33, 0, 0, 0, 1]

    private static func header(to destination: [UInt8], from source: MACAddress, type: [UInt8]) -> [UInt8] {
        destination + source.octets + type
    }
}
