package import Dataplane
package import Netlink
import NetworkValues
import Routing

extension LinuxDataplane {
    /// What of the host decides what is programmed for endpoints like these.
    /// - Parameter canLog: What is known of that already; with `nil` the kernel is asked, if the question does. Where it
    ///   cannot, that makes it look for the modules each time.
    package mutating func hostFacts(
        _ question: HostQuestion, canLog: Bool? = nil
    ) throws(NetlinkError) -> HostFacts {
        var facts = HostFacts()
        if question.logging {
            facts.canLog = if let canLog { canLog } else { try nftables.canLog() }
        }
        if question.locking {
            facts.canLock = try canLockTables()
        }
        facts.families = Set(IPFamily.allCases.filter { integer(SysctlKey(.forwarding($0))) != nil })
        facts.forwarding = facts.families.filter { integer(SysctlKey(.forwarding($0))) != 0 }
        facts.reversePathFilter = integer(SysctlKey(path: "net/ipv4/conf/all/rp_filter")) ?? 0
        if !question.gateways.isEmpty {
            facts.coveredGateways = try covered(question.gateways)
        }
        // Whoever forwards already lives with what the kernel does to advertisements.
        if question.families.contains(.v6), facts.families.contains(.v6), !facts.forwarding.contains(.v6) {
            facts.advertisementInterfaces = try advertisementInterfaces()
        }
        if question.announcing {
            let addresses = try routing.addresses()
            facts.addresses = Set(addresses.filter { !$0.isLinkLocal }.map(\.local))
            facts.links = HostLink.connecting(try links(connectedBy: addresses), addresses)
        }
        return facts
    }

    /// One by one: few interfaces of a host have networks, be they ever so many.
    private mutating func links(connectedBy addresses: [InterfaceAddress]) throws(NetlinkError) -> [Link] {
        var links: [Link] = []
        for index in Set(addresses.filter(\.connectsNeighbours).map(\.interfaceIndex)) {
            if let link = try routing.link(index: index, withStatistics: false) { links.append(link) }
        }
        return links
    }

    /// The gateways that the kernel answers for anyhow: its own, and those to which a route leads, by proxy.
    private mutating func covered(_ gateways: Set<IPAddress>) throws(NetlinkError) -> Set<IPAddress> {
        let ours = RouteProtocol(rawValue: options.routeProtocol)
        let foreign = try routing.routes(.v4).filter {
            [Route.mainTable, Route.localTable].contains($0.table) && $0.protocol != ours
                && [.unicast, .local].contains($0.type)
        }
        return gateways.filter { gateway in foreign.contains { $0.destination.contains(gateway) } }
    }

    /// Interfaces that take router advertisements: of those that do by default, the ones that have learned a route from
    /// one, and hardware, which may be about to.
    private mutating func advertisementInterfaces() throws(NetlinkError) -> Set<InterfaceName> {
        let learned = Set(try routing.routes(.v6, protocol: .routerAdvertisement).compactMap(\.interfaceIndex))
        var names: Set<InterfaceName> = []
        for link in try routing.links() where !link.flags.contains(.loopback) {
            guard learned.contains(link.index) || link.kind == nil, let name = try? InterfaceName(parsing: link.name),
                integer(.interface(.v6, name, "accept_ra")) == 1
            else { continue }
            names.insert(name)
        }
        return names
    }

    private func integer(_ key: SysctlKey) -> Int? { (try? sysctl.read(key)).flatMap { Int($0) } }
}
