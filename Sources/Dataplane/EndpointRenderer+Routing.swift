package import NetworkValues
import Routing
package import Resources

extension EndpointRenderer {
    /// Kernel parameters of the endpoint's interface.
    ///
    /// `proxy_delay` is 0 since the kernel otherwise answers for the gateway only after up to 0.8 s; `accept_ra` since no
    /// workload configures its host. They do not wait for an address of their family: `allowSpoofedSourcePrefixes` lets
    /// an endpoint forward for others without one.
    func parameters(_ subject: Subject, _ host: HostFacts, _ bundle: inout ObjectBundle) {
        let name = subject.interfaceName
        bundle.sysctls.reserve(9)
        bundle.sysctls.append("1", for: .interface(.v4, name, "forwarding"))
        bundle.sysctls.append("1", for: .interface(.v4, name, "proxy_arp"))
        // A workload that names the hops of its packets would choose the host's routes; 0 here outweighs `all`.
        bundle.sysctls.append("0", for: .interface(.v4, name, "accept_source_route"))
        bundle.sysctls.append("0", for: .neighbour(.v4, name, "proxy_delay"))
        if subject.endpoint.allowSpoofedSourcePrefixes.contains(where: { $0.family == .v4 }) {
            bundle.sysctls.append("0", for: .interface(.v4, name, "rp_filter"))
        }
        guard host.families.contains(.v6) else { return }
        bundle.sysctls.append("0", for: .interface(.v6, name, "accept_ra"))
        bundle.sysctls.append("1", for: .interface(.v6, name, "forwarding"))
        bundle.sysctls.append("1", for: .interface(.v6, name, "proxy_ndp"))
        bundle.sysctls.append("0", for: .neighbour(.v6, name, "proxy_delay"))
    }

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
