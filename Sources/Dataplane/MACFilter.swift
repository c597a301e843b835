package import NetworkValues

/// How an endpoint's MAC restricts what it sends.
package enum MACFilter: Hashable, Sendable {
    case enforced(MACAddress)
    /// The resource names no MAC: interface and address alone are checked.
    case absent
    /// There is a MAC, and no frame whose source could equal it: nothing may leave the endpoint.
    case unenforceable(Obstacle)

    package enum Obstacle: Hashable, Sendable {
        /// An EUI-64 that encapsulates no EUI-48.
        case address
        /// The interface has no Ethernet frames.
        case link(LinkLayer)
    }

    /// - Parameter layer: `nil` while the interface is absent. It is then taken for Ethernet: whatever appears under
    ///   its name, the rules that ask for the MAC let nothing pass that has none.
    package init(_ mac: HardwareAddress?, on layer: LinkLayer?) {
        switch (mac, mac?.ethernet) {
        case (nil, _): self = .absent
        case (_, nil): self = .unenforceable(.address)
        case (_, let address?):
            if let layer, !layer.isEthernet {
                self = .unenforceable(.link(layer))
            } else {
                self = .enforced(address)
            }
        }
    }

    package var isUnenforceable: Bool {
        if case .unenforceable = self { true } else { false }
    }
}
