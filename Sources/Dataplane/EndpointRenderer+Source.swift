import NetworkValues
import Nftables
import Resources

extension EndpointRenderer {
    /// What the endpoint may have as the source of its packets.
    func sources(_ subject: Subject, _ bundle: inout ObjectBundle) {
        switch subject.filter {
        case .enforced(let mac):
            let named = subject.nameKey.appending(mac)
            bundle.elements.append(.macs, named)
            if options.needs(.ownMACs) {
                bundle.elements.append(.ownMACs, named)
            }
            for address in subject.addresses {
                bundle.elements.append(.source(address.family), named.appending(address))
            }
        case .absent:
            bundle.elements.append(.bare, subject.nameKey)
            for address in subject.addresses {
                bundle.elements.append(.bare(address.family), subject.nameKey.appending(address))
            }
        case .unenforceable: return
        }
        // Beyond single addresses only once the MAC was checked, in the slower kind of set.
        let spoofed = subject.endpoint.allowSpoofedSourcePrefixes
        if !subject.wideNetworks.isEmpty || !spoofed.isEmpty {
            let wide = subject.wideNetworks + spoofed
            for family in IPFamily.allCases {
                bundle.add(.wide(family), Intervals(wide, family: family).elements(after: subject.name))
            }
        }
        guard options.filtersND else { return }
        // Prefixes that it may use beside its own networks are somebody else's to answer for.
        for address in subject.addresses where address.family == .v6 {
            bundle.elements.append(.ownTargets, subject.nameKey.appending(address))
        }
        guard !subject.wideNetworks.isEmpty else { return }
        bundle.add(.ownTargetsWide, Intervals(subject.wideNetworks, family: .v6).elements(after: subject.name))
    }

    /// What the endpoint may claim about itself in ARP. Prefixes that it may use beside its own networks are somebody
    /// else's to claim.
    func arpSenders(_ subject: Subject, _ bundle: inout ObjectBundle) {
        let wide =
            subject.wideNetworks.isEmpty
            ? [] : Intervals(subject.wideNetworks, family: .v4).elements(after: subject.name)
        switch subject.filter {
        case .enforced(let mac):
            let probe = subject.nameKey.appending(mac).appending(mac)
            bundle.elements.append(.arpProbe, probe)
            for address in subject.addresses where address.family == .v4 {
                bundle.elements.append(.arpSender, probe.appending(address))
            }
            bundle.add(.arpWide, wide)
        case .absent:
            bundle.add(.arpBare, subject.name, .anyIPv4)
            for address in subject.addresses where address.family == .v4 {
                bundle.elements.append(.arpBare, subject.nameKey.appending(address))
            }
            bundle.add(.arpBareWide, wide)
        case .unenforceable: return
        }
        for address in subject.addresses where address.family == .v4 {
            bundle.elements.append(.arpOwn, subject.nameKey.appending(address))
        }
    }
}

extension ElementKey {
    /// The concatenation with an address, up to a register's boundary.
    fileprivate func appending(_ mac: MACAddress) -> ElementKey {
        var key = self
        key.append(mac)
        key.pad()
        return key
    }

    fileprivate func appending(_ address: IPAddress) -> ElementKey {
        var key = self
        key.append(address)
        return key
    }
}
