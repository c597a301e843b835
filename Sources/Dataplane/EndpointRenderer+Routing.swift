package import NetworkValues
import Routing
package import Resources

extension EndpointRenderer {
    /// External addresses are routed like the endpoint's own: without a route the host itself could not reach them
    /// where it has no default route, nor would it answer for them on a link.
    func routing(_ subject: Subject, _ index: UInt32, _ host: HostFacts, _ bundle: inout ObjectBundle) {
        let externals = subject.nats.map { IPPrefix(host: $0.externalIP) }
        let networks = subject.addresses.map { IPPrefix(host: $0) } + subject.wideNetworks + externals
        bundle.routes.reserveCapacity(networks.count)
        for network in networks where host.families.contains(network.family) {
            bundle.routes.append(options.workloadRoute(to: network, interfaceIndex: index))
        }
        if case .enforced(let mac) = subject.filter {
            for address in subject.addresses where host.families.contains(address.family) {
                bundle.neighbours[NeighbourID(address, interfaceIndex: index)] = .permanent(mac)
            }
        }
        if let gateway = subject.endpoint.ipv6Gateway, host.families.contains(.v6) {
            // Without the router flag the workload would take the answer for a host's and drop its default route.
            bundle.neighbours[NeighbourID(gateway, interfaceIndex: index, isProxy: true)] = .proxy(isRouter: true)
        }
    }

    /// The host answers for external addresses on the links whose networks contain them.
    ///
    /// Not as a router, though it is one: it speaks for the workload, as a home agent does for a mobile node, with the
    /// router flag clear (RFC 6275 section 10.4.1). Nobody's default route leads to the address of a workload.
    func announcements(
        _ subject: Subject, _ uplinks: [HostLink], _ host: HostFacts, _ bundle: inout ObjectBundle
    ) {
        for external in subject.nats.map(\.externalIP) where host.families.contains(external.family) {
            guard case .proxy(let links) = DataplaneModel.announcement(of: external, uplinks, host) else { continue }
            for link in links {
                bundle.neighbours[NeighbourID(external, interfaceIndex: link.index, isProxy: true)] =
                    .proxy(isRouter: false)
            }
        }
    }
}

extension WorkloadEndpoint {
    /// Whether it sends packets of this family.
    package func uses(_ family: IPFamily) -> Bool {
        (ipNetworks + allowSpoofedSourcePrefixes).contains { $0.family == family }
            || (family == .v6 && ipv6Gateway != nil)
    }
}
