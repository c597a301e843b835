package import NetworkValues
import Resources
package import Routing

/// A link of the host's own on which others expect addresses: an Ethernet interface that runs, with the networks that the
/// host's addresses connect it to.
package struct HostLink: Hashable, Sendable {
    package let name: InterfaceName
    package let index: UInt32
    /// What neighbours take for the address of whatever the host answers for.
    package let hardwareAddress: MACAddress
    package let networks: Set<IPPrefix>

    package init(name: InterfaceName, index: UInt32, hardwareAddress: MACAddress, networks: Set<IPPrefix>) {
        self.name = name
        self.index = index
        self.hardwareAddress = hardwareAddress
        self.networks = networks
    }

    func connects(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }
}

extension HostLink {
    /// The host's links among `links`.
    /// - Parameters:
    ///   - links: Those that the addresses are on, at least.
    ///   - addresses: Of the host, with the networks they connect.
    package static func connecting(_ links: [Link], _ addresses: [InterfaceAddress]) -> [HostLink] {
        let networks = Dictionary(grouping: addresses.filter(\.connectsNeighbours), by: \.interfaceIndex)
        return links.compactMap { link in
            guard let networks = networks[link.index], link.isRunning, link.hardwareType == ethernet,
                link.flags.isDisjoint(with: [.loopback, .noARP]),
                let hardwareAddress = MACAddress(octets: link.hardwareAddress),
                let name = try? InterfaceName(parsing: link.name)
            else { return nil }
            return HostLink(
                name: name, index: link.index, hardwareAddress: hardwareAddress, networks: Set(networks.map(\.prefix)))
        }.sorted { $0.index < $1.index }
    }

    /// `ARPHRD_ETHER`.
    private static var ethernet: UInt16 { 1 }
}

extension InterfaceAddress {
    /// Whether the address says that others are on the link, whom it does not itself name.
    package var connectsNeighbours: Bool { !prefix.isHost && !isLinkLocal }

    /// IPv6 has such an address on every interface, workloads' too, and none of them leads anywhere else.
    package var isLinkLocal: Bool { local.family == .v6 && local.rawValue >> 118 == 0xfe80 >> 6 }
}

/// Who answers for an external address on the host's links, with `nat.announce`.
package enum Announcement: Hashable, Sendable {
    /// The host, by a proxy entry on each of these.
    case proxy(on: [HostLink])
    /// The host, since the address is its own.
    case own
    /// Nobody: none of the host's networks contains it.
    case nobody
}

extension DataplaneModel {
    /// The host's links on which external addresses are announced: those of workloads are none. `nil` while nothing is
    /// announced, or the host was not looked at.
    var uplinks: [HostLink]? {
        options.announcesExternals ? host.links?.filter { !isWorkload($0.name) } : nil
    }

    /// - Returns: `nil` while nothing is announced, or the host was not looked at.
    package func announcement(of external: IPAddress) -> Announcement? {
        uplinks.map { Self.announcement(of: external, $0, host) }
    }

    static func announcement(of external: IPAddress, _ uplinks: [HostLink], _ host: HostFacts) -> Announcement {
        if host.addresses.contains(external) { return .own }
        let links = uplinks.filter { $0.connects(external) }
        return links.isEmpty ? .nobody : .proxy(on: links)
    }

    /// What a person should know about who answers for an endpoint's external addresses.
    func announcementNotes(on endpoint: WorkloadEndpoint, _ states: [ProgrammingState]) -> [String] {
        let externals = zip(endpoint.ipNATs, states).filter { $1 == .programmed }.map(\.0.externalIP)
        func list(_ wanted: Announcement) -> (text: String, isOne: Bool)? {
            let addresses = externals.filter { announcement(of: $0) == wanted }
            return addresses.isEmpty
                ? nil : (addresses.map(\.description).joined(separator: ", "), addresses.count == 1)
        }
        return [
            list(.nobody).map { list in
                list.isOne
                    ? "\(list.text) is not announced: it is in no network of the host's links, so something else must "
                        + "route it here"
                    : "\(list.text) are not announced: they are in no network of the host's links, so something else "
                        + "must route them here"
            },
            list(.own).map { list in
                "\(list.text) \(list.isOne ? "is an address" : "are addresses") of the host itself: not announced"
            },
        ].compactMap(\.self)
    }

    /// That something else must see to external addresses, where nobody here does.
    var announcementNotice: String? {
        let count = externalCount
        guard !options.announcesExternals, count > 0 else { return nil }
        let addresses = count == 1 ? "1 external address" : "\(count) external addresses"
        return "nat.announce is false: the network must route \(addresses) here"
    }
}

extension DataplaneModel {
    /// Of these entries, the proxy ones that stand in the kernel on the host's own links: what neighbours there may be
    /// told now.
    package func announced(_ ids: some Sequence<NeighbourID>) -> Set<NeighbourID> {
        guard let uplinks else { return [] }
        let indices = Set(uplinks.map(\.index))
        return Set(ids.filter { $0.isProxy && indices.contains($0.interfaceIndex) && tracker.neighbours.isSettled($0) })
    }

    /// Whether a change of this interface, or `nil` if it is gone, decides what is announced where.
    package func announces(on link: Link, removed: Bool) -> Bool {
        guard options.announcesExternals, externalCount > 0, let links = host.links else { return false }
        guard let known = links.first(where: { $0.index == link.index }) else {
            // Its addresses may have come before its carrier, and are not announced again.
            return !removed && link.isRunning && !isWorkload(named: link.name)
        }
        return removed || !link.isRunning || link.name != known.name.rawValue
            || link.hardwareAddress != known.hardwareAddress.octets
    }

    /// Whether the coming or going of this address decides what is announced where.
    package func announces(by address: InterfaceAddress) -> Bool {
        options.announcesExternals && externalCount > 0 && !address.isLinkLocal
    }

    private func isWorkload(named name: String) -> Bool {
        (try? InterfaceName(parsing: name)).map { isWorkload($0) } ?? false
    }
}

extension Plan {
    /// Proxy entries that are made or made anew.
    package var proxies: Set<NeighbourID> {
        Set(
            routing.compactMap { change in
                if case .setNeighbour(let id, _) = change, id.isProxy { id } else { nil }
            })
    }
}
