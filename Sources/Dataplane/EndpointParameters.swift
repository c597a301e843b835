import NetworkValues

/// What an endpoint wants of its interface's kernel parameters: little more than the name is to be kept of what thousands of
/// endpoints want alike.
package struct EndpointParameters: Hashable, Sendable {
    let interface: InterfaceName
    /// Whether it may send from IPv4 addresses that are not its own.
    let takesForeignSources: Bool
    /// Whether the kernel runs with IPv6.
    let hasIPv6: Bool

    /// `proxy_delay` is 0 since the kernel otherwise answers for the gateway only after up to 0.8 s; `accept_ra` since no
    /// workload configures its host. They do not wait for an address of their family: `allowSpoofedSourcePrefixes` lets
    /// an endpoint forward for others without one.
    func add(to sysctls: inout SmallMap<SysctlID, String>) {
        sysctls.reserve(9)
        sysctls.append("1", for: .interface(.v4, interface, "forwarding"))
        sysctls.append("1", for: .interface(.v4, interface, "proxy_arp"))
        // A workload that names the hops of its packets would choose the host's routes; 0 here outweighs `all`.
        sysctls.append("0", for: .interface(.v4, interface, "accept_source_route"))
        sysctls.append("0", for: .neighbour(.v4, interface, "proxy_delay"))
        if takesForeignSources {
            sysctls.append("0", for: .interface(.v4, interface, "rp_filter"))
        }
        guard hasIPv6 else { return }
        sysctls.append("0", for: .interface(.v6, interface, "accept_ra"))
        sysctls.append("1", for: .interface(.v6, interface, "forwarding"))
        sysctls.append("1", for: .interface(.v6, interface, "proxy_ndp"))
        sysctls.append("0", for: .neighbour(.v6, interface, "proxy_delay"))
    }
}
