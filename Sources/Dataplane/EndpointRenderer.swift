package import NetworkValues
import Nftables
import Routing
package import Resources

/// How an endpoint's MAC restricts what it sends.
package enum MACFilter: Hashable, Sendable {
    case enforced(MACAddress)
    /// The resource names no MAC: interface and address alone are checked.
    case absent
    /// An EUI-64 that no Ethernet source can equal: nothing may leave the endpoint.
    case unenforceable

    package init(_ mac: HardwareAddress?) {
        switch (mac, mac?.ethernet) {
        case (nil, _): self = .absent
        case (_, let address?): self = .enforced(address)
        case (_, nil): self = .unenforceable
        }
    }
}

/// What a local endpoint needs in the kernel, as a pure function.
package struct EndpointRenderer: Sendable {
    let options: DataplaneOptions

    package init(options: DataplaneOptions) {
        self.options = options
    }

    /// - Parameters:
    ///   - owned: Whether the endpoint has won this address, or lost it to another.
    ///   - interface: `nil` while it is absent. Filtering goes by name and needs no interface: what appears is closed
    ///     already.
    package func bundle(
        of endpoint: WorkloadEndpoint, owned: (IPAddress) -> Bool, interface: InterfaceState?
    ) -> ObjectBundle {
        var bundle = ObjectBundle()
        let name = Value(endpoint.interfaceName)
        let filter = MACFilter(endpoint.mac)
        presence(name, &bundle)
        chains(of: endpoint, isClosed: filter == .unenforceable, &bundle)
        guard filter != .unenforceable else { return bundle }

        let addresses = endpoint.hostAddresses.filter { $0.family == .v4 && owned($0) }
        sources(addresses, name, filter, &bundle)
        let nats = endpoint.ipNATs.filter {
            $0.externalIP.family == .v4 && owned($0.externalIP) && addresses.contains($0.internalIP)
        }
        translations(nats, &bundle)
        guard let interface else { return bundle }
        routing(addresses, nats.map(\.externalIP), filter, endpoint.interfaceName, interface, &bundle)
        return bundle
    }

    /// The interface is an endpoint's, and its drops are counted.
    private func presence(_ name: Value, _ bundle: inout ObjectBundle) {
        for set in [
            KnownSet.endpoints, .dropsMAC, .dropsIP, .dropsND, .dropsPolicyFrom, .dropsPolicyTo, .dropsHost,
        ] {
            bundle.add(set, name)
        }
        if options.filtersDHCP {
            bundle.add(.dropsDHCP, name)
        }
        if options.filtersARP {
            bundle.add(.arpEndpoints, name)
            bundle.add(.arpDrops, name)
        }
    }

    /// The way to policy: the endpoint's own chains, or straight to its group's.
    private func chains(of endpoint: WorkloadEndpoint, isClosed: Bool, _ bundle: inout ObjectBundle) {
        let interface = endpoint.interfaceName
        let group = PolicyGroup(profiles: endpoint.profiles)
        for direction in TrafficDirection.allCases {
            let judge = isClosed ? direction.denial : group.chain(direction)
            let target: String
            switch options.chainLayout {
            case .shared: target = judge
            case .perInterface:
                target = direction.chain(of: interface.rawValue)
                bundle.add(ChainDefinition(.margay, target, [Rule(.counter), Rule(.goto(judge))]))
            }
            bundle.add(direction.dispatch, Value(interface), target: .verdict(.goto(target)))
        }
    }

    private func sources(
        _ addresses: [IPAddress], _ name: Value, _ filter: MACFilter, _ bundle: inout ObjectBundle
    ) {
        switch filter {
        case .enforced(let mac):
            let mac = Value(mac)
            bundle.add(.macs, name, mac)
            for address in addresses {
                bundle.add(.source4, name, mac, Value(address))
            }
            guard options.filtersARP else { return }
            bundle.add(.arpProbe, name, mac, mac)
            for address in addresses {
                bundle.add(.arpSender, name, mac, mac, Value(address))
                bundle.add(.arpOwn, name, Value(address))
            }
        case .absent:
            bundle.add(.bare, name)
            for address in addresses {
                bundle.add(.bare4, name, Value(address))
            }
            guard options.filtersARP else { return }
            bundle.add(.arpBare, name, Value(.v4Zero))
            for address in addresses {
                bundle.add(.arpBare, name, Value(address))
                bundle.add(.arpOwn, name, Value(address))
            }
        case .unenforceable: break
        }
    }

    /// Several externals may lead to one internal address; connections from it leave under the first one listed.
    private func translations(_ nats: [IPNAT], _ bundle: inout ObjectBundle) {
        var translated: Set<IPAddress> = []
        for nat in nats {
            let (inside, outside) = (Value(nat.internalIP), Value(nat.externalIP))
            bundle.add(.dnat4, outside, target: .data(inside.bytes))
            guard translated.insert(nat.internalIP).inserted else { continue }
            bundle.add(.snat4, inside, target: .data(outside.bytes))
            bundle.add(.hairpin4, inside, inside, target: .data(outside.bytes))
        }
    }

    /// External addresses are routed like the endpoint's own: without a route the host itself could not reach them
    /// where it has no default route, nor would it answer for them on a link.
    private func routing(
        _ addresses: [IPAddress], _ externals: [IPAddress], _ filter: MACFilter, _ name: InterfaceName,
        _ interface: InterfaceState, _ bundle: inout ObjectBundle
    ) {
        bundle.sysctls[.ipv4Interface(name, "forwarding")] = "1"
        bundle.sysctls[.ipv4Interface(name, "proxy_arp")] = "1"
        bundle.sysctls[.ipv4Neighbour(name, "proxy_delay")] = "0"
        // The kernel takes no route through an interface that is down, and drops those it has when it goes down.
        guard interface.isUp else { return }
        for address in addresses + externals {
            bundle.routes.insert(options.workloadRoute(to: address, interfaceIndex: interface.index))
        }
        if case .enforced(let mac) = filter {
            for address in addresses {
                bundle.neighbours[NeighbourID(address, interfaceIndex: interface.index)] = mac
            }
        }
    }
}

extension WorkloadEndpoint {
    /// The single addresses among `ipNetworks`.
    package var hostAddresses: [IPAddress] { ipNetworks.filter(\.isHost).map(\.address) }
}

extension IPAddress {
    fileprivate static let v4Zero = IPAddress(family: .v4, rawValue: 0)
}
