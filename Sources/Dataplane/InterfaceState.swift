/// A network interface as far as programming cares.
package struct InterfaceState: Hashable, Sendable {
    package var index: UInt32
    /// Administratively up: the kernel takes routes through it only then.
    package var isUp: Bool
    /// Has a carrier as well, so that packets can flow.
    package var isRunning: Bool
    package var layer: LinkLayer

    package init(index: UInt32, isUp: Bool, isRunning: Bool, layer: LinkLayer = .ethernet) {
        self.index = index
        self.isUp = isUp
        self.isRunning = isRunning
        self.layer = layer
    }
}

/// What stands before IP on an interface.
package struct LinkLayer: Hashable, Sendable, CustomStringConvertible {
    /// The `ARPHRD_*` number (linux/if_arp.h).
    package var hardwareType: UInt16
    /// How many octets a link-layer address has; 0 where there are none.
    package var addressLength: Int
    /// Whether packets come in Ethernet frames. Only their source can be matched: nft's `ether saddr` asks for
    /// hardware type 1 first, and nothing matches on other links.
    package var isEthernet: Bool
    /// Whether the kernel asks for neighbours there.
    package var resolvesNeighbours: Bool

    package init(hardwareType: UInt16, addressLength: Int, isEthernet: Bool, resolvesNeighbours: Bool) {
        self.hardwareType = hardwareType
        self.addressLength = addressLength
        self.isEthernet = isEthernet
        self.resolvesNeighbours = resolvesNeighbours
    }

    package static let ethernet = LinkLayer(
        hardwareType: 1, addressLength: 6, isEthernet: true, resolvesNeighbours: true)

    /// As ip(8) shows it, with the length of its addresses: `link/ieee1394 (8-octet addresses)`.
    package var description: String {
        let name = Self.names[hardwareType] ?? "[\(hardwareType)]"
        // A TUN device can be told to call itself Ethernet; it has no frames all the same.
        let isTUN = name == "ether" && !isEthernet
        let addresses = addressLength == 0 ? "no addresses" : "\(addressLength)-octet addresses"
        return "link/\(name) (\(isTUN ? "a TUN device" : addresses))"
    }

    /// iproute2's names (lib/ll_types.c) of what workloads may be connected by.
    private static let names: [UInt16: String] = [
        1: "ether", 24: "ieee1394", 32: "infiniband", 512: "ppp", 519: "rawip", 768: "ipip", 769: "tunnel6",
        772: "loopback", 776: "sit", 778: "gre", 804: "ieee802.15.4", 823: "gre6", 825: "6lowpan", 65534: "none",
    ]
}
