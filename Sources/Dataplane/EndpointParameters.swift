import NetworkValues

/// What an endpoint wants of its interface's kernel parameters: little more than the name is to be kept of what thousands of
/// endpoints want alike.
package struct EndpointParameters: Hashable, Sendable {
    let interface: InterfaceName
    /// Whether it may send from IPv4 addresses that are not its own.
    let takesForeignSources: Bool
    /// Whether the kernel runs with IPv6.
    let hasIPv6: Bool

    var switches: Switches { Self.variants[(takesForeignSources ? 1 : 0) | (hasIPv6 ? 2 : 0)] }

    private static let variants = [false, true].flatMap { hasIPv6 in
        [false, true].map { switches(takesForeignSources: $0, hasIPv6: hasIPv6) }
    }

    /// `proxy_delay` is 0 since the kernel otherwise answers for the gateway only after up to 0.8 s; `accept_ra` since no
    /// workload configures its host. They do not wait for an address of their family: `allowSpoofedSourcePrefixes` lets
    /// an endpoint forward for others without one.
    private static func switches(takesForeignSources: Bool, hasIPv6: Bool) -> Switches {
        var switches = Switches()
        switches[.v4, .forwarding] = true
        switches[.v4, .proxyARP] = true
        // A workload that names the hops of its packets would choose the host's routes; 0 here outweighs `all`.
        switches[.v4, .sourceRoutes] = false
        switches[.v4, .proxyDelay] = false
        if takesForeignSources { switches[.v4, .reversePathFilter] = false }
        guard hasIPv6 else { return switches }
        switches[.v6, .advertisements] = false
        switches[.v6, .forwarding] = true
        switches[.v6, .proxyNDP] = true
        switches[.v6, .proxyDelay] = false
        return switches
    }

    /// What it wants and `other` does not.
    func switches(without other: EndpointParameters?) -> Switches {
        var switches = switches
        if let other, other.interface == interface { switches.forget(other.switches.known) }
        return switches
    }

    /// The parameters that it wants.
    var ids: [SysctlID] {
        let switches = switches
        return ParameterSlot.all.enumerated().filter { switches[$0.offset] != nil }.map {
            .interface(interface, $0.element.family, $0.element.key)
        }
    }
}

extension Switches {
    fileprivate subscript(family: IPFamily, key: SysctlID.Key) -> Bool? {
        get { self[ParameterSlot.number(family, key)] }
        set { self[ParameterSlot.number(family, key)] = newValue }
    }
}
