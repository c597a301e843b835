package import NetworkValues
import Routing
package import Resources

extension EndpointRenderer {
    /// External addresses are routed like the endpoint's own: without a route the host itself could not reach them
    /// where it has no default route, nor would it answer for them on a link.
    func routing(_ subject: Subject, _ index: UInt32, _ host: HostFacts, _ bundle: inout ObjectBundle) {
        let (hasIPv4, hasIPv6) = (host.families.contains(.v4), host.families.contains(.v6))
        func isRouted(_ family: IPFamily) -> Bool { family == .v4 ? hasIPv4 : hasIPv6 }
        func route(_ network: IPPrefix) {
            guard isRouted(network.family) else { return }
            bundle.routes.append(options.workloadRoute(to: network, interfaceIndex: index))
        }
        bundle.routes.reserveCapacity(subject.addresses.count + subject.wideNetworks.count + subject.nats.count)
        for address in subject.addresses { route(IPPrefix(host: address)) }
        for network in subject.wideNetworks { route(network) }
        for nat in subject.nats { route(IPPrefix(host: nat.externalIP)) }
        if case .enforced(let mac) = subject.filter {
            bundle.neighbours.reserve(subject.addresses.count)
            for address in subject.addresses where isRouted(address.family) {
                bundle.neighbours[NeighbourID(address, interfaceIndex: index)] = .permanent(mac)
            }
        }
        if let gateway = subject.endpoint.ipv6Gateway, hasIPv6 {
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
        guard !uplinks.isEmpty else { return }
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
