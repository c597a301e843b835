package import NetworkValues
import Nftables
package import Resources

/// What a local endpoint needs in the kernel, as a pure function.
package struct EndpointRenderer: Sendable {
    let options: DataplaneOptions

    package init(options: DataplaneOptions) {
        self.options = options
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

        init(_ endpoint: WorkloadEndpoint, owned: (IPPrefix) -> Bool, on layer: LinkLayer?) {
            self.endpoint = endpoint
            filter = MACFilter(endpoint.mac, on: layer)
            name = Value(endpoint.interfaceName)
            let networks = endpoint.ipNetworks.filter(owned)
            addresses = networks.filter(\.isHost).map(\.address)
            wideNetworks = networks.filter { !$0.isHost }
            nats = endpoint.ipNATs.filter { nat in
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
        presence(subject.name, &bundle)
        chains(of: endpoint, group, isClosed: subject.filter.isUnenforceable, &bundle)
        guard !subject.filter.isUnenforceable else { return bundle }
        sources(subject, &bundle)
        if options.filtersARP {
            arpSenders(subject, &bundle)
        }
        translations(subject.nats, &bundle)
        bundle.wideNetworks = Set(
            subject.wideNetworks.map { EndpointNetwork(endpoint.interfaceName.rawValue, $0) })
        guard let interface else { return bundle }
        parameters(subject, host, &bundle)
        // The kernel takes no route through an interface that is down, and drops those it has when it goes down.
        if interface.isUp {
            routing(subject, interface.index, host, &bundle)
            announcements(subject, uplinks, host, &bundle)
        }
        return bundle
    }

    /// The interface is an endpoint's, and its drops are counted.
    private func presence(_ name: Value, _ bundle: inout ObjectBundle) {
        for set in [
            KnownSet.endpoints, .dropsMAC, .dropsIP, .dropsND, .dropsRA, .dropsPolicyFrom, .dropsPolicyTo, .dropsHost,
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
    private func chains(
        of endpoint: WorkloadEndpoint, _ group: PolicyGroup, isClosed: Bool, _ bundle: inout ObjectBundle
    ) {
        let interface = endpoint.interfaceName
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

    /// Several externals may lead to one internal address; connections from it leave under the first one listed.
    private func translations(_ nats: [IPNAT], _ bundle: inout ObjectBundle) {
        var translated: Set<IPAddress> = []
        for nat in nats {
            let (inside, outside) = (Value(nat.internalIP), Value(nat.externalIP))
            let family = nat.internalIP.family
            bundle.add(.dnat(family), outside, target: .data(inside.bytes))
            guard translated.insert(nat.internalIP).inserted else { continue }
            bundle.add(.snat(family), inside, target: .data(outside.bytes))
            bundle.add(.hairpin(family), inside, inside, target: .data(outside.bytes))
        }
    }
}
