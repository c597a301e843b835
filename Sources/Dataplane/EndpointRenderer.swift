package import NetworkValues
import Nftables
package import Resources

/// What a local endpoint needs in the kernel, as a pure function.
package struct EndpointRenderer: Sendable {
    let options: DataplaneOptions
    /// The sets that say which interfaces are endpoints', and count their drops.
    private let presence: KnownSets

    package init(options: DataplaneOptions) {
        self.options = options
        var presence: [KnownSet] = [
            .endpoints, .dropsMAC, .dropsIP, .dropsND, .dropsRA, .dropsPolicyFrom, .dropsPolicyTo, .dropsHost,
        ]
        if options.filtersDHCP { presence.append(.dropsDHCP) }
        if options.filtersARP { presence += [.arpEndpoints, .arpDrops] }
        self.presence = KnownSets(presence)
    }

    /// What of an endpoint is its own to use, after every contest.
    struct Subject {
        let endpoint: WorkloadEndpoint
        let filter: MACFilter
        /// The single addresses among its networks.
        let addresses: [IPAddress]
        /// Its other networks.
        let wideNetworks: [IPPrefix]
        let nats: [IPNAT]

        var interfaceName: InterfaceName { endpoint.interfaceName }
        /// The interface as the first part of set keys.
        let name: Value
        /// The same as a key, or the beginning of one.
        let nameKey: ElementKey

        init(_ endpoint: WorkloadEndpoint, owned: (IPPrefix) -> Bool, on layer: LinkLayer?) {
            self.endpoint = endpoint
            filter = MACFilter(endpoint.mac, on: layer)
            name = Value(endpoint.interfaceName)
            nameKey = ElementKey([name])
            let networks = endpoint.ipNetworks.all(owned)
            var (addresses, wideNetworks): ([IPAddress], [IPPrefix]) = ([], [])
            addresses.reserveCapacity(networks.count)
            for network in networks {
                if network.isHost { addresses.append(network.address) } else { wideNetworks.append(network) }
            }
            (self.addresses, self.wideNetworks) = (addresses, wideNetworks)
            nats = endpoint.ipNATs.all { nat in
                owned(IPPrefix(host: nat.externalIP)) && networks.contains { $0.contains(nat.internalIP) }
            }
        }
    }

    /// - Parameters:
    ///   - group: Who judges it.
    ///   - owned: Whether the endpoint has won this network or address, or lost it to another.
    ///   - interface: `nil` while it is absent. Filtering goes by name and needs no interface: what appears is closed
    ///     already.
    ///   - uplinks: Where external addresses are announced.
    package func bundle(
        of endpoint: WorkloadEndpoint, group: PolicyGroup, owned: (IPPrefix) -> Bool, interface: InterfaceState?,
        host: HostFacts,
        uplinks: [HostLink] = []
    ) -> ObjectBundle {
        var bundle = ObjectBundle()
        let subject = Subject(endpoint, owned: owned, on: interface?.layer)
        bundle.elements.reserve(24)
        bundle.elements.append(presence, subject.nameKey)
        chains(of: endpoint, group, isClosed: subject.filter.isUnenforceable, &bundle)
        guard !subject.filter.isUnenforceable else { return bundle }
        sources(subject, &bundle)
        if options.filtersARP {
            arpSenders(subject, &bundle)
        }
        translations(subject.nats, &bundle)
        if !subject.wideNetworks.isEmpty {
            bundle.wideNetworks = Set(
                subject.wideNetworks.map { EndpointNetwork(endpoint.interfaceName.rawValue, $0) })
        }
        guard let interface else { return bundle }
        bundle.parameters = EndpointParameters(
            interface: endpoint.interfaceName,
            takesForeignSources: endpoint.allowSpoofedSourcePrefixes.contains { $0.family == .v4 },
            hasIPv6: host.families.contains(.v6))
        // The kernel takes no route through an interface that is down, and drops those it has when it goes down.
        if interface.isUp {
            routing(subject, interface.index, host, &bundle)
            announcements(subject, uplinks, host, &bundle)
        }
        return bundle
    }

    /// The way to policy: the endpoint's own chains, or straight to its group's.
    private func chains(
        of endpoint: WorkloadEndpoint, _ group: PolicyGroup, isClosed: Bool, _ bundle: inout ObjectBundle
    ) {
        let interface = endpoint.interfaceName
        for direction in TrafficDirection.allCases {
            let target: String
            switch options.chainLayout {
            case .shared: target = isClosed ? direction.denial : group.chain(direction)
            case .perInterface:
                target = direction.chain(of: interface.rawValue)
                bundle.chains.append(
                    isClosed ? direction.closedStub : group.stub(direction), for: ChainID(.margay, target))
            }
            bundle.elements.append(direction.dispatch, ElementKey([Value(interface)]), target: .verdict(.jump(target)))
        }
    }

    /// Several externals may lead to one internal address; connections from it leave under the first one listed.
    private func translations(_ nats: [IPNAT], _ bundle: inout ObjectBundle) {
        var translated: [IPAddress] = []
        for nat in nats {
            var (inside, outside) = (ElementKey(), ElementKey())
            inside.append(nat.internalIP)
            outside.append(nat.externalIP)
            let family = nat.internalIP.family
            bundle.elements.append(.dnat(family), outside, data: inside)
            guard !translated.contains(nat.internalIP) else { continue }
            translated.append(nat.internalIP)
            bundle.elements.append(.snat(family), inside, data: outside)
            inside.append(nat.internalIP)
            bundle.elements.append(.hairpin(family), inside, data: outside)
        }
    }
}

extension Array {
    /// Those that satisfy the condition: nearly always all of them, which are not copied then.
    fileprivate func all(_ isIncluded: (Element) -> Bool) -> [Element] {
        allSatisfy(isIncluded) ? self : filter(isIncluded)
    }
}
