package import NetworkValues
import Nftables

/// What of the host must be known, besides its interfaces, to program the present endpoints.
package struct HostQuestion: Hashable, Sendable {
    /// Families that endpoints use.
    package let families: Set<IPFamily>
    /// IPv4 gateways that endpoints name, Calico's own left out.
    package let gateways: Set<IPAddress>
    /// Whether rules that log judge endpoints.
    package let logging: Bool
    /// Whether external addresses are announced on the host's links.
    package let announcing: Bool
    /// Whether our tables are to be held against other programs.
    package let locking: Bool
}

extension DataplaneModel {
    /// What stands once per node: the skeleton, and as soon as there are endpoints the gateways they are told to use
    /// and the switches without which nothing is forwarded.
    func nodeBundle() -> ObjectBundle {
        var bundle = ObjectBundle()
        bundle.chains = skeleton
        for family in IPFamily.allCases where options.natOutbound {
            bundle.add(.natExcluded(family), Intervals(options.natExcludedNetworks, family: family).elements)
        }
        if isUsed(.v4) {
            // Without these routes the kernel answers ARP for the gateway only where another route leads to it.
            for gateway in [Skeleton.gateway] + ownGateways {
                bundle.routes.append(options.gatewayRoute(gateway))
                if options.filtersARP {
                    bundle.add(.arpGateways, Value(gateway))
                }
            }
        }
        for family in IPFamily.allCases where options.managesForwarding && isUsed(family) {
            guard host.families.contains(family) else { continue }
            bundle.otherSysctls[.forwarding(family)] = "1"
        }
        if isUsed(.v6), !host.forwarding.contains(.v6) {
            // A forwarding kernel takes router advertisements only where told to (accept_ra 2), and drops the default
            // routes that it learned elsewhere in the moment it starts to forward: as a whole, or, as every endpoint's
            // interface does, a single interface (addrconf_fixup_forwarding).
            for name in host.advertisementInterfaces where !isWorkload(name) {
                bundle.otherSysctls[.interface(name, .v6, .advertisements)] = "2"
            }
        }
        for link in uplinks ?? [] where announcesIPv6(on: link) {
            // The kernel heeds proxy entries of IPv6 only there. All endpoints share the parameter, so it is the node's.
            bundle.otherSysctls[.interface(link.name, .v6, .proxyNDP)] = "1"
        }
        return bundle
    }

    private func announcesIPv6(on link: HostLink) -> Bool {
        let networks = link.networks.filter { $0.family == .v6 }
        return !networks.isEmpty && host.families.contains(.v6)
            && externals.contains { external in networks.contains { $0.contains(external) } }
    }

    /// Gateways that nobody answers for unless the host has a route of ours for them. Where a route of the host's own
    /// leads to one, a local route would take a real router's place in the host's network.
    private var ownGateways: [IPAddress] {
        hostQuestion.gateways.filter {
            !host.coveredGateways.contains($0) && claims.owner(of: IPPrefix(host: $0)) == nil
        }
    }

    func isWorkload(_ name: InterfaceName) -> Bool {
        claims.owner(of: name) != nil || options.interfacePrefixes.contains(where: name.rawValue.hasPrefix)
    }
}

extension DataplaneOptions {
    /// Whether the ruleset looks this set up.
    func needs(_ set: KnownSet) -> Bool {
        switch set {
        case .dropsDHCP: return filtersDHCP
        case .ownMACs: return filtersND || filtersDHCP
        case .ownTargets, .ownTargetsWide: return filtersND
        default: break
        }
        return set.table != .margayARP || filtersARP
    }
}
