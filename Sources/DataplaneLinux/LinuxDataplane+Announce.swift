package import Dataplane
import Netlink
import NetworkValues
import Routing

extension LinuxDataplane {
    /// Tells everybody on the entries' links, unasked, that this host answers for the addresses now: who knew another MAC
    /// for one would go on sending there for minutes. Nothing else depends on it, and nobody acknowledges it.
    ///
    /// - Returns: What kept it from being said, a line for each cause.
    package mutating func announce(_ entries: Set<NeighbourID>) -> [String] {
        var problems: [String] = []
        for (index, entries) in Dictionary(grouping: entries, by: \.interfaceIndex).sorted(by: { $0.key < $1.key }) {
            do {
                try announce(entries.map(\.address).sorted(), on: index)
            } catch {
                problems.append("\(error)")
            }
        }
        return problems
    }

    private mutating func announce(_ addresses: [IPAddress], on index: UInt32) throws {
        // One that has gone or went down meanwhile has nobody to tell.
        guard let link = try routing.link(index: index, withStatistics: false), link.isRunning,
            let hardwareAddress = MACAddress(octets: link.hardwareAddress)
        else { return }
        var source: IPAddress?
        if addresses.contains(where: { $0.family == .v6 }) {
            source = try self.source(on: index)
        }
        let socket = try FrameSocket()
        for address in addresses {
            switch (address.family, source) {
            case (.v4, _):
                try socket.send(TakeoverFrame(address, at: hardwareAddress).octets, interfaceIndex: index)
            case (.v6, let source?):
                let frame = TakeoverFrame(address, at: hardwareAddress, source: source)
                try socket.send(frame.octets, interfaceIndex: index)
            case (.v6, nil): continue
            }
        }
    }

    /// The link-local address, as the kernel's own advertisements have it, or else another of the link's.
    private mutating func source(on index: UInt32) throws(NetlinkError) -> IPAddress? {
        let usable = try routing.addresses(interfaceIndex: index)
            .filter { $0.local.family == .v6 && $0.flags & InterfaceAddress.unusable == 0 }
        return (usable.first(where: \.isLinkLocal) ?? usable.first)?.local
    }
}

extension InterfaceAddress {
    /// `IFA_F_TENTATIVE`, `IFA_F_DADFAILED`: nothing may be sent from it.
    fileprivate static var unusable: UInt32 { 0x40 | 0x08 }
}
